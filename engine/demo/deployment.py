"""The deployment: an engine with the real template on it, and the demo's own access to it."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from bedrock_meter.compose.deployed import StackNames
from bedrock_meter.compose.stores import Stores
from bedrock_meter.domain.time.hours import hour_of
from bedrock_meter.jobs.resolve_profiles import FOUND_FOR
from engine import deploy, server, template
from engine.demo.stopwatch import Stopwatch
from engine.traffic import PROFILES

SHORT_WINDOWS = {"FoldWindowSeconds": "1", "LiveHourSeconds": "1"}
"""A person waits for the demo; in production live totals are gathered for 10 and 60 seconds."""
ENFORCED = {"ThrottleMode": "enforce"}
"""The demo shows an application that obeys; a stack observes until an operator says otherwise."""
LIMIT = 120.0
PAUSE = 0.1


class DemoFailed(RuntimeError):
    """Something failed, or did not happen in time; the message says what."""


@dataclass(frozen=True)
class Deployment:
    """A deployed stack, with clients for the demo's own reads and writes."""

    engine: server.Engine
    stack: deploy.DeployedStack

    @cached_property
    def s3(self) -> Any:
        """S3 as the account's root."""
        return self.engine.client("s3")

    @cached_property
    def stores(self) -> Stores:
        """Everything that the meter keeps."""
        return Stores(StackNames(self), self.engine.client, self.engine.dynamodb.Table)

    account = ""
    """Every profile may be asked about."""

    def parameter(self, _name: str) -> str:
        """Return nothing: what stores need is deployed as the template says."""
        return ""

    def output(self, name: str) -> str:
        """Return an output of the stack."""
        return self.stack.outputs[name]

    def table(self, name: str) -> Any:
        """Return a table of the stack (`Usage`, `Flags`, …)."""
        return self.engine.dynamodb.Table(self.output(f"{name}TableName"))

    def items(self, table: str) -> list[dict[str, Any]]:
        """Read every item of a table; only a demo may read like this."""
        found: list[dict[str, Any]] = []
        request: dict[str, Any] = {"ConsistentRead": True}
        while True:
            page = self.table(table).scan(**request)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def change(self, table: str, key: dict[str, str], field: list[str | int], by: int) -> None:
        """Add to a number of an item, or to one in a list of it, behind the meter's back."""
        name, *place = field
        path = "".join(["#field", *(f"[{index}]" for index in place)])
        self.table(table).update_item(
            Key=key,
            UpdateExpression=f"SET {path} = {path} + :by",
            ExpressionAttributeNames={"#field": name},
            ExpressionAttributeValues={":by": by},
        )

    def run_machine(self) -> dict[str, Any]:
        """Run the hourly state machine to its end."""
        machine = self.engine.client("stepfunctions")
        arn = machine.start_execution(stateMachineArn=self.output("HourlyRollupArn"))
        until = time.monotonic() + LIMIT
        while True:
            run = machine.describe_execution(executionArn=arn["executionArn"])
            if run["status"] == "SUCCEEDED":
                return dict(run)
            if run["status"] != "RUNNING" or time.monotonic() > until:
                why = self._failures(arn["executionArn"])
                raise DemoFailed(f"the hourly state machine: {run['status']}; {why}")
            time.sleep(PAUSE)

    def _failures(self, execution: str) -> str:
        """Return what went wrong in the steps of an execution, each thing once."""
        machine = self.engine.client("stepfunctions")
        pages = machine.get_paginator("get_execution_history").paginate(executionArn=execution)
        details = [
            value
            for page in pages
            for event in page["events"]
            for name, value in event.items()
            if name.endswith(("FailedEventDetails", "TimedOutEventDetails"))
        ]
        reasons = (f"{each.get('error', '')} {each.get('cause', '')[:300]}" for each in details)
        return "; ".join(dict.fromkeys(reasons)) or "no step says why"

    def begin_metering(self, at: datetime) -> None:
        """Let metering begin at a time: hours before it are closed when asked for by name.

        Otherwise the first plan closes every hour since the oldest record, used or not.
        """
        self.stores.hours.begin_at(hour_of(at))

    def close_all(self) -> None:
        """Run the hourly state machine until no hour is due."""
        self.run_machine()
        while self.stores.hours.due():
            self.run_machine()

    def create_profiles(self) -> dict[str, str]:
        """Create the application inference profiles of the traffic; return their ARNs by name."""
        bedrock, arns = self.engine.client("bedrock"), {}
        for wish in PROFILES:
            answer = bedrock.create_inference_profile(
                inferenceProfileName=wish.name,
                modelSource={"copyFrom": wish.source_arn(server.REGION, server.ACCOUNT)},
                tags=[{"key": key, "value": value} for key, value in wish.tags.items()],
            )
            arns[wish.name] = answer["inferenceProfileArn"]
        return arns

    def learn_profiles(self, arns: Iterable[str], now: datetime) -> None:
        """Let the meter know profiles before any call names them, as it does after the first hour.

        The live lane waits five seconds for an answer of Bedrock and then shows a call without it,
        until the hour closes. On a busy machine the engine takes longer: live totals would differ.
        """
        for arn in arns:
            answer = self.stores.profiles.ask(arn, now)
            self.stores.facts.remember(answer, now + FOUND_FOR)


@contextmanager
def deployed(
    stopwatch: Stopwatch, at: datetime | None = None, *, keep: bool = False
) -> Iterator[Deployment]:
    """Start an engine and deploy the stack; both are gone afterwards, whatever happened.

    With `at`, the functions live at that time instead of now. With `keep` the engine stays, unless
    something fails.
    """
    edit = partial(_at_once, at - datetime.now(UTC) if at else None)
    with stopwatch.phase("engine"):
        engine = server.start(stays=keep)
    try:
        with stopwatch.phase("build and deploy"):
            stack = deploy.deploy(engine, parameters=SHORT_WINDOWS | ENFORCED, edit=edit)
        yield Deployment(engine, stack)
    except BaseException:
        engine.stop()
        raise
    if keep:
        # It is no child of this process from now on; `engine.demo.kept` ends it.
        engine.process.returncode = 0
    else:
        engine.stop()


def _at_once(offset: timedelta | None, document: dict[str, Any]) -> None:
    """Let hours close as soon as they end: here nothing is delivered late.

    With an offset, every function has another present (`engine/clock`); the code stays as it is.
    Tables live in the true present, where items written in the past would have expired.
    """
    plan = document["Resources"]["PlanHours"]["Properties"]["Environment"]["Variables"]
    plan["GRACE_MINUTES"] = "0"
    if offset is None:
        return
    for table in template.of_type(document, "AWS::DynamoDB::Table").values():
        table["Properties"].pop("TimeToLiveSpecification", None)
    function = document["Globals"]["Function"]
    function["Environment"]["Variables"] |= {
        "PYTHONPATH": str(Path(__file__).parents[1] / "clock"),
        "DEMO_NOW_OFFSET": str(int(offset.total_seconds())),
    }
