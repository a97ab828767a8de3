"""A deployed meter: upload log objects, let it work, read everything it wrote."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from operator import itemgetter
from pathlib import Path
from typing import Any

from bedrock_meter.compose.deployed import StackNames
from bedrock_meter.compose.stores import Stores
from engine import deploy, server
from engine.waiting import until
from tests.builders import ACCOUNT, REGION, a_log

DAY = "2031-11-21"
"""The day on which the functions of these tests live. It lies ahead, so that nothing expires."""

NOW = datetime.fromisoformat(f"{DAY}T10:30:00Z")
"""What their clocks show at the beginning: nine o'clock has ended, ten o'clock is open."""

PATIENCE = 240.0
"""Seconds until something is believed not to happen; the machine may be busy."""

NO_WAITING = {"FoldWindowSeconds": "0", "LiveHourSeconds": "1", "GraceMinutes": "5"}
ENGINE_CLOCK = Path(deploy.__file__).parent / "clock"
NUMBERS = count(1)
LIVE_NUMBERS = (
    "requests", "errors", "tokens", "cost_usd", "unpriced_requests", "unpriced_tokens",
)  # fmt: skip
"""What the row of a tenant on a live page holds, in this order."""


def deployed(
    engine: server.Engine,
    name: str,
    *,
    edit: Callable[[dict[str, Any]], None] | None = None,
    **parameters: str,
) -> "Meter":
    """Deploy the project's template to live on `DAY`, without windows to wait for."""

    def changed(document: dict[str, Any]) -> None:
        _live_on_that_day(document)
        if edit:
            edit(document)

    stack = deploy.deploy(engine, name, parameters=NO_WAITING | parameters, edit=changed)
    return Meter(engine, stack)


def _live_on_that_day(document: dict[str, Any]) -> None:
    """Give every function another present (`engine/clock`); the code stays as it is.

    Nothing starts by itself, either: a schedule knows only the time of this machine.
    """
    offset = int((NOW - datetime.now(UTC)).total_seconds())
    document["Globals"]["Function"]["Environment"]["Variables"] |= {
        "PYTHONPATH": str(ENGINE_CLOCK),
        "DEMO_NOW_OFFSET": str(offset),
    }
    for resource in document["Resources"].values():
        for event in resource.get("Properties", {}).get("Events", {}).values():
            if event["Type"] == "ScheduleV2":
                event["Properties"]["State"] = "DISABLED"


def a_key(hour: str = "09", stamp: str = "59:59", day: str = DAY) -> str:
    """Return a log object that Bedrock would have delivered in an hour; never the same twice."""
    folder = f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{REGION}/{day.replace('-', '/')}/{hour}"
    time = f"{day.replace('-', '')}T{hour}{stamp.replace(':', '')}"
    return f"{folder}/{time}000Z_{next(NUMBERS):016x}.json.gz"


def at(time: str, day: str = DAY) -> str:
    """Write a time of that day as records do: `at("09:05:00")`."""
    return f"{day}T{time}Z"


@dataclass
class Meter:
    """A stack on the engine, seen by the account's root; remembers what was uploaded."""

    engine: server.Engine
    stack: deploy.DeployedStack
    uploads: dict[str, bytes] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return a client."""
        if service not in self._clients:
            self._clients[service] = self.engine.client(service)
        return self._clients[service]

    def output(self, name: str) -> str:
        """Return an output of the stack."""
        return self.stack.outputs[name]

    @cached_property
    def stores(self) -> Stores:
        """Everything that the meter keeps; nothing of it expires before the day of these tests."""
        clock, kept = (lambda: NOW), timedelta(days=400)
        table = self.engine.dynamodb.Table
        return Stores(StackNames(self), self.client, table, clock=clock, live_hours_kept=kept)

    account = ""
    """Every profile may be asked about."""

    def parameter(self, _name: str) -> str:
        """Return nothing: what stores need is deployed as the template says."""
        return ""

    def table(self, name: str) -> Any:
        """Return a table: `Usage`, `Flags`, `Hours`, `Partials`, `Tenants`."""
        return self.engine.dynamodb.Table(self.output(f"{name}TableName"))

    def items(self, table: str) -> list[dict[str, Any]]:
        """Read a table to its end."""
        found: list[dict[str, Any]] = []
        request: dict[str, Any] = {"ConsistentRead": True}
        while True:
            page = self.table(table).scan(**request)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def item(self, table: str, **key: str) -> dict[str, Any]:
        """Read one item; nothing at all when there is none."""
        found: dict[str, Any] = (
            self.table(table).get_item(Key=key, ConsistentRead=True).get("Item", {})
        )
        return found

    def usage(self, tenant: str | None, period: str) -> dict[str, Any]:
        """Read what a tenant used: `usage("acme", "D#2031-11-21")`."""
        return self.item("Usage", pk="UNATTRIBUTED" if tenant is None else f"T#{tenant}", sk=period)

    def live_hour(self, tenant: str | None, hour: str) -> dict[str, Any]:
        """Read what a tenant used in an hour so far, as docs/reading.md says; page 0 has it."""
        page = self.item("Usage", pk=f"P#{hour}", sk="0")
        row = page.get("UNATTRIBUTED" if tenant is None else f"T#{tenant}", ())
        return dict(zip(LIVE_NUMBERS, row, strict=False))

    def put(self, key: str, *records: Any) -> str:
        """Deliver a log object, as Bedrock does."""
        self.uploads[key] = a_log(*records)
        self.client("s3").put_object(
            Bucket=self.output("LogBucketName"), Key=key, Body=self.uploads[key]
        )
        return key

    def announce(self, key: str, queue: str = "IngestQueueUrl") -> None:
        """Tell the ingest of an object once more."""
        body = self.announcement(key)
        self.client("sqs").send_message(QueueUrl=self.output(queue), MessageBody=body)

    def announcement(self, key: str) -> str:
        """Write the plain announcement of an object."""
        return json.dumps({"bucket": self.output("LogBucketName"), "key": key})

    def object_id(self, key: str) -> str:
        """Return a log object as the meter does."""
        return f"{self.output('LogBucketName')}/{key}"

    def row(self, key: str) -> dict[str, Any]:
        """Read the copy of what is noted of a log object; there is one when it is metered."""
        return self.item("Partials", pk=f"L#{self.object_id(key)}", sk="OBJECT")

    def manifest(self, key: str) -> dict[str, Any]:
        """Read what is noted of a log object; nothing at all when nothing is."""
        found = self.objects(f"manifests/{self.object_id(key)}.json")
        return dict(json.loads(next(iter(found.values())))) if found else {}

    def await_metered(self, *keys: str) -> None:
        """Wait until log objects are metered to the end."""
        for key in keys:
            assert until(lambda key=key: self.row(key).get("settled"), seconds=PATIENCE), key

    def await_live(self, tenant: str | None, hour: str, requests: int) -> dict[str, Any]:
        """Wait until a tenant's live hour shows so many requests; give it."""

        def live_hour() -> dict[str, Any] | None:
            row = self.live_hour(tenant, hour)
            return row if row.get("requests") == requests else None

        found = until(live_hour, seconds=PATIENCE)
        assert found, (tenant, hour, requests, self.live_hour(tenant, hour))
        return dict(found)

    def run_machine(self) -> dict[str, Any]:
        """Run the hourly state machine to its end, however it ends."""
        states = self.client("stepfunctions")
        machine = self.output("HourlyRollupArn")
        execution = states.start_execution(stateMachineArn=machine)["executionArn"]
        return self.await_end(execution)

    def await_end(self, execution: str) -> dict[str, Any]:
        """Wait until an execution has ended."""

        def ended() -> dict[str, Any] | None:
            found = self.client("stepfunctions").describe_execution(executionArn=execution)
            return dict(found) if found["status"] != "RUNNING" else None

        found = until(ended, seconds=2 * PATIENCE)
        assert found, "the execution did not end"
        return dict(found)

    def close(self) -> dict[str, Any]:
        """Run the hourly state machine, which must succeed; give what it answers."""
        ended = self.run_machine()
        assert ended["status"] == "SUCCEEDED", self.explanation(ended)
        return dict(json.loads(ended["output"]))

    def close_hours(self, day: str, hours: list[str]) -> None:
        """Close hours until none is due, as the state machine does, without assessing tenants.

        An ingest that is just at work may ask for an hour again while it is closed.
        """

        def all_closed() -> bool:
            closed = self.stack.invoke("CloseDay", {"day": day, "hours": hours, "hold": hours[0]})
            assert (closed["failed"], closed["left"]) == ([], 0)
            return not any("due" in self.item("Hours", pk=f"{hour}#0") for hour in hours)

        assert until(all_closed, seconds=PATIENCE)

    def explanation(self, execution: Mapping[str, Any]) -> str:
        """Return what went wrong in an execution, for a person who reads a failed test."""
        history = self.client("stepfunctions").get_execution_history(
            executionArn=execution["executionArn"]
        )
        failures = [event for event in history["events"] if "Failed" in event["type"]]
        return json.dumps([execution.get("cause"), *failures], default=str)[:4000]

    def objects(self, prefix: str = "", bucket: str = "DataBucketName") -> dict[str, bytes]:
        """Read every object of a bucket."""
        s3, name = self.client("s3"), self.output(bucket)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=name, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return {key: s3.get_object(Bucket=name, Key=key)["Body"].read() for key in keys}

    def function_log(self) -> Iterator[dict[str, Any]]:
        """Read all lines that functions logged as JSON, function by function, oldest first."""
        for text in self.function_log_text():
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict):
                yield line

    def function_log_text(self) -> Iterator[str]:
        """Read everything that functions printed."""
        logs = self.client("logs")
        for group in _pages(logs.describe_log_groups, "logGroups"):
            name = group["logGroupName"]
            events = _pages(logs.filter_log_events, "events", logGroupName=name)
            # They come stream by stream, and every process of a function has a stream.
            for event in sorted(events, key=itemgetter("timestamp")):
                yield from event["message"].splitlines()


def _pages(call: Callable[..., dict[str, Any]], name: str, **request: Any) -> Iterator[Any]:
    while True:
        page = call(**request)
        yield from page.get(name, ())
        if not page.get("nextToken"):
            return
        request["nextToken"] = page["nextToken"]
