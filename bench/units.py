"""Request units and S3 requests of one hour at a million calls a day, by the real jobs.

They run here, on the embedded engine, one after the other and in the order of time, as their
triggers would run them: an ingest per log object, a fold per window, deferred refreshes, and one
hourly run at the end. Time does not really pass. Of hours with very many objects only a part is
played; the hourly run, which costs by tenant and not by call, then counts for the whole hour's
calls.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, groupby
from random import Random
from typing import Any
from uuid import UUID

import boto3

from bench.capacity import Capacity
from bench.data import MODELS, TENANTS
from bench.invocations import Invocations, Work
from engine import deploy, server
from engine.template import of_type
from engine.traffic.objects import pack

CALLS = 41_667
HOUR = timedelta(hours=1)
FOLD_WINDOW, LIVE_HOUR = timedelta(seconds=10), timedelta(seconds=60)
PARTS = {35: 6, 350: 2, 2_000: 1, 20_000: 1}
"""Calls per log object, and which part of the hour is played."""
BUCKET = "bench-logs"
INGEST, FOLD, CLOSE = "ingest", "fold, live hours, levels", "close, assess"
PHASES = (INGEST, FOLD, CLOSE)
BY_OBJECT = ("Ingest", "FoldSlot")
"""Functions that run when objects arrive; the others run once an hour."""
FIRST = "first assessment"
"""A tenant that was never assessed gets its level and its flag: once, so it is no cost of calls."""


@dataclass(frozen=True)
class Units:
    """Units per 1,000 calls at one size of log objects, by phase."""

    size: int
    calls: int
    written: dict[str, float]
    read: dict[str, float]
    s3_puts: float
    s3_gets: float
    work: Mapping[str, Work]
    """What each function does in an hour."""
    sent: float
    """Messages about deferred live hours in an hour."""

    @property
    def ingest_wru(self) -> float:
        """Write units of the ingest alone."""
        return self.written[INGEST]

    @property
    def wru(self) -> float:
        """Write units of everything."""
        return sum(self.written.values())

    @property
    def rru(self) -> float:
        """Read units of everything."""
        return sum(self.read.values())


def measure(size: int, hour: datetime, calls: int = CALLS) -> Units:
    """Play one hour with log objects of so many calls; the hour must be over."""
    with server.running() as engine:
        stack = deploy.deploy(engine, edit=without_triggers)
        os.environ.update(engine.environment())
        capacity = Capacity()
        capacity.install(_indexes(stack))
        invocations = Invocations(capacity)
        forget_clients()
        try:
            boto3.client("s3").create_bucket(Bucket=BUCKET)
            played = _play(capacity, invocations, stack, size, hour, calls)
        finally:
            capacity.remove()
    per = {INGEST: played, FOLD: played, CLOSE: played * PARTS[size]}
    # A close fetches every object of the hour, of which only a part was played.
    fetched = dict.fromkeys(PHASES, played)
    return Units(
        size,
        played,
        {phase: capacity.written[phase] * 1000 / per[phase] for phase in PHASES},
        {phase: capacity.read[phase] * 1000 / per[phase] for phase in PHASES},
        sum(capacity.s3_puts[phase] * 1000 / per[phase] for phase in PHASES),
        sum(capacity.s3_gets[phase] * 1000 / fetched[phase] for phase in PHASES),
        {
            function: work.times(PARTS[size] if function in BY_OBJECT else 1)
            for function, work in invocations.work.items()
        },
        capacity.sent * PARTS[size],
    )


def _play(
    capacity: Capacity,
    invocations: Invocations,
    stack: deploy.DeployedStack,
    size: int,
    hour: datetime,
    calls: int,
) -> int:
    from bedrock_meter.compose import intake, live

    watched = invocations.watched
    ingest = watched("Ingest", joined(stack, "Ingest", intake.ingest, LOG_BUCKET=BUCKET))
    fold = watched("FoldSlot", joined(stack, "FoldSlot", live.fold_slot))
    refresh = watched("FoldSlot", joined(stack, "FoldSlot", live.refresh_live_hours))
    s3, deferred, played = boto3.client("s3"), [], 0
    for window, objects in groupby(_objects(size, hour, calls), lambda it: _window(it[0])):
        for at, key, lines in objects:
            s3.put_object(Bucket=BUCKET, Key=key, Body=pack(b"\n".join(lines)))
            with capacity.of(INGEST):
                ingest(bucket=BUCKET, key=key, is_live=True, now=at)
            played += len(lines)
        end = window + FOLD_WINDOW
        with capacity.of(FOLD):
            fold(keys=capacity.take_partials(), now=end, remaining=_a_minute)
            deferred += [(end + LIVE_HOUR, json.loads(body)) for body in capacity.take_messages()]
            deferred = _refreshed(deferred, refresh, end)
    with capacity.of(FOLD):
        _refreshed(deferred, refresh, hour + 2 * HOUR)
    at = hour + HOUR + timedelta(minutes=20)
    with capacity.of(CLOSE):
        close(stack, at, watched)
    with capacity.of(FIRST):
        assess(stack, at)
    with capacity.of(CLOSE):
        assess(stack, at + HOUR, watched)
    return played


def _a_minute() -> timedelta:
    return timedelta(minutes=1)


def _refreshed(
    deferred: list[tuple[datetime, Any]], refresh: Callable[..., Any], now: datetime
) -> list[tuple[datetime, Any]]:
    """Refresh the live hours whose time has come; give the others."""
    for due, note in deferred:
        if due <= now:
            refresh(**note, now=due, remaining=_a_minute)
    return [(due, note) for due, note in deferred if due > now]


Watch = Callable[[str, Callable[..., Any]], Callable[..., Any]]
"""Takes a function's name and its job, and gives the job back, watched."""


def close(stack: deploy.DeployedStack, now: datetime, watch: Watch = lambda _, job: job) -> None:
    """Do what the hourly state machine does, up to the published hour."""
    from bedrock_meter.compose import closing, planning

    plan = joined(stack, "PlanHours", planning.plan_hours, LOG_BUCKET=BUCKET)
    plan = watch("PlanHours", plan)
    planned = plan(now=now, remaining=lambda: timedelta(minutes=5))
    job = watch("CloseDay", joined(stack, "CloseDay", closing.close_day))
    for day, due in planned.days:
        closed = job(
            day=day, hours=due, hold=planned.hold, now=now, remaining=lambda: timedelta(minutes=15)
        )
        assert not closed.left
        assert not closed.failed


def assess(
    stack: deploy.DeployedStack, now: datetime, watch: Watch = lambda _, job: job, buckets: int = 1
) -> None:
    """Assess every tenant, as the hourly state machine does at its end."""
    from bedrock_meter.compose import levels

    job = watch("AssessTenants", joined(stack, "AssessTenants", levels.assess_tenants))
    for bucket in range(buckets):
        for _ in job(bucket=bucket, of=buckets, now=now, remaining=lambda: timedelta(minutes=15)):
            pass


@contextmanager
def own_environment() -> Iterator[None]:
    """Undo, at the end, what is done to the environment: jobs are joined by variables."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def joined(
    stack: deploy.DeployedStack, function: str, join: Callable[[], Any], **instead: str
) -> Callable[..., Any]:
    """Join a job the way its function does, with the function's own environment."""
    name = stack.resources[function]
    configuration = stack.engine.client("lambda").get_function_configuration(FunctionName=name)
    os.environ.update(configuration["Environment"]["Variables"] | instead)
    joined: Callable[..., Any] = join()
    return joined


def without_triggers(document: dict[str, Any]) -> None:
    """Take the events away: here the bench is the one that calls."""
    for function in of_type(document, "AWS::Serverless::Function").values():
        function["Properties"].pop("Events", None)


def _indexes(stack: deploy.DeployedStack) -> dict[str, tuple[str, ...]]:
    dynamodb, indexes = stack.engine.client("dynamodb"), {}
    for name in dynamodb.list_tables()["TableNames"]:
        table = dynamodb.describe_table(TableName=name)["Table"]
        indexes[name] = tuple(
            key["AttributeName"]
            for index in table.get("GlobalSecondaryIndexes", ())
            for key in index["KeySchema"]
            if key["KeyType"] == "HASH"
        )
    return indexes


def forget_clients() -> None:
    """Have the clients of the functions made anew: each engine has an address of its own."""
    from bedrock_meter.compose import functions

    functions.client.cache_clear()
    functions.table.cache_clear()
    functions.dynamodb.cache_clear()


def _window(at: datetime) -> datetime:
    return at - (at - datetime.min.replace(tzinfo=UTC)) % FOLD_WINDOW


def _objects(size: int, hour: datetime, calls: int) -> Iterator[tuple[datetime, str, list[bytes]]]:
    """Return log objects in the order of their delivery: time, key, lines."""
    rng = Random(size)
    weights = list(accumulate(1 / (rank + 1) ** 1.1 for rank in range(TENANTS)))
    count = max(1, calls // size)
    span = HOUR / count
    for number in range(count // PARTS[size]):
        start, end = hour + number * span, hour + (number + 1) * span
        lines = [_line(rng, start, end, weights) for _ in range(size)]
        at = end + timedelta(seconds=25)
        stamp = f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03d}Z_{number:016x}"
        folder = f"AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/{at:%Y/%m/%d/%H}"
        yield at, f"{folder}/{stamp}.json.gz", lines


def _line(rng: Random, start: datetime, end: datetime, weights: list[float]) -> bytes:
    at = start + (end - start) * rng.random()
    tenant = rng.choices(range(TENANTS), cum_weights=weights)[0]
    model = rng.choices(list(MODELS), list(MODELS.values()))[0]
    record = {
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "accountId": "111122223333",
        "region": "us-east-1",
        "requestId": str(UUID(int=rng.getrandbits(128))),
        "operation": "Converse",
        "modelId": model,
        "input": {"inputTokenCount": rng.randrange(20, 9_000)},
        "output": {"outputTokenCount": rng.randrange(5, 2_000)},
        "requestMetadata": {"tenantId": f"tenant-{tenant:03d}"},
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
    }
    return json.dumps(record, separators=(",", ":")).encode()


def noon_before(now: datetime) -> datetime:
    """Return the noon of the day before.

    Baselines are written once a day: in an hour that ends a day, each tenant would weigh one more.
    """
    return (now - timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
