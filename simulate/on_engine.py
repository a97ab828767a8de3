"""Histories on the embedded engine: the adapters of `aws/`, a real wire, and errors on it.

What botocore raises reaches the worker as it would in Lambda; a worker that fails is started again.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from itertools import count
from random import Random
from types import SimpleNamespace
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bedrock_meter.aws.dynamodb_hours import INDEX
from bedrock_meter.compose.stores import Stores
from bedrock_meter.domain.records.log_object import LogObject, log_object_of
from bedrock_meter.domain.time.hours import Part
from simulate.catalogue import KNOWN_POLICIES
from simulate.engine_double import EngineDouble, WriteEffect
from simulate.fault_injection import FaultInjection
from simulate.fault_rates import CALM, ServiceFailure
from simulate.history import History
from simulate.profile_service import ProfilePlan, WiredProfiles
from simulate.scheduler import Scheduler
from simulate.wire import Watch, Wire
from simulate.world import QuickLogs, World

_TABLES = {
    "partials": (("pk", "sk"), ""),
    "hours": (("pk",), INDEX),
    "usage": (("pk", "sk"), ""),
    "tenants": (("pk", "sk"), ""),
}
_STORES = (
    "logs", "manifests", "evidence", "quarantine", "live", "waits", "hours", "usage", "closings",
    "rollups", "decisions", "policies",
)  # fmt: skip
_WHERE = {
    "endpoint_url": "AWS_ENDPOINT_URL",
    "region_name": "AWS_REGION",
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
}
BEGINNING = datetime(2026, 11, 21, 9, tzinfo=UTC)
"""Dates the expiry of items, nothing else."""

_ERRORS = (ClientError, BotoCoreError)
_NUMBERS = count(1)
_QUICK = Config(retries={"mode": "standard", "total_max_attempts": 1}, max_pool_connections=8)


class EngineWire(Wire):
    """The way from jobs to adapters; after each write what is stored is copied to the double."""

    def __init__(
        self, random: Random, scheduler: Scheduler, watch: Watch, double: EngineDouble
    ) -> None:
        super().__init__(random, scheduler, self._seen_by(watch))
        self._double = double
        self.refused = 0
        self._seen: tuple[WriteEffect, ServiceFailure | None] | None = None

    def call(self, store: str, method: str, act: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        if self._double.copies(store, method):
            return super().call(store, method, self._copied(store, method, act), args)
        return super().call(store, method, act, args)

    def _act(self, store: str, method: str, act: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        try:
            return super()._act(store, method, act, args)
        except _ERRORS as error:
            raise ServiceFailure(f"{method}: {error!r}") from error

    def _copied(self, store: str, method: str, act: Callable[..., Any]) -> Callable[..., Any]:
        def acted(*args: Any) -> Any:
            answer, failure = None, None
            try:
                answer = act(*args)
            except _ERRORS as error:
                failure = ServiceFailure(f"{store}.{method}: {error!r}")
            self._seen = self._double.after(store, method, args, answer), failure
            return answer

        return acted

    def _seen_by(self, watch: Watch) -> Watch:
        """Show the invariants what happened, whatever the answer; then raise what failed."""

        def look(store: str, method: str, args: tuple[Any, ...], answer: Any) -> None:
            if self._seen is None:
                watch(store, method, args, answer)
                return
            (seen, failure), self._seen = self._seen, None
            self.refused += seen.is_changed and answer is False
            if seen.is_changed or failure is None:
                watch(store, method, args, seen.answer)
            if failure:
                raise failure

        return look


class _Uploading(dict[str, bytes]):
    """Log objects that are put into the log bucket, too."""

    def __init__(self, s3: Any, bucket: str) -> None:
        super().__init__()
        self._s3, self._bucket = s3, bucket

    def __setitem__(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)
        super().__setitem__(key, body)

    def pop(self, key: str, *default: Any) -> Any:
        self._s3.delete_object(Bucket=self._bucket, Key=key)
        return super().pop(key, *default)


class EngineWorld(World):
    """A world whose ports are the adapters; `raw` is the double of what they hold."""

    def __init__(
        self,
        random: Random,
        scheduler: Scheduler,
        watch: Watch,
        *,
        profiles: Mapping[str, ProfilePlan],
        clock: Callable[[], datetime],
        environment: Mapping[str, str],
        most_attempts: int,
    ) -> None:
        super().__init__(random, scheduler, watch, profiles, clock)
        self.faults = FaultInjection(random, most_attempts)
        quiet, met = Clients(environment), Clients(environment)
        self.faults.stand_on(met.s3)
        self.faults.stand_on(met.dynamodb.meta.client)
        name = f"simulate-{time.time_ns()}-{next(_NUMBERS)}"
        quiet.make(name)
        self.raw["logs"] = QuickLogs(name)
        self.raw["logs"].objects = _Uploading(quiet.s3, name)
        real = self.raw | met.stores(name, self._now)
        double = EngineDouble(self.raw, quiet.stores(name, self._now), quiet.s3, name)
        self.wire = EngineWire(random, scheduler, watch, double)
        for policy in KNOWN_POLICIES:
            real["policies"].put(policy)
        self.ports = {store: self.wire.to(store, adapter) for store, adapter in real.items()}
        self.ports["bedrock"] = WiredProfiles(self.ports["bedrock"])
        self._name = name

    def log_object(self, key: str) -> LogObject:
        return log_object_of(self._name, key)

    def _now(self) -> datetime:
        return BEGINNING


class Clients:
    """Clients of the engine, and the adapters that use them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        where = {argument: environment[name] for argument, name in _WHERE.items()}
        self.s3 = boto3.client("s3", config=_QUICK, **where)
        self.dynamodb = boto3.resource("dynamodb", config=_QUICK, **where)

    def make(self, name: str) -> None:
        """Make a bucket and the tables of one history."""
        self.s3.create_bucket(Bucket=name)
        for table, (keys, index) in _TABLES.items():
            names = [*keys, *([index] if index else [])]
            more = {"GlobalSecondaryIndexes": [_index(index)]} if index else {}
            self.dynamodb.meta.client.create_table(
                TableName=f"{name}-{table}",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
                KeySchema=_schema(keys),
                **more,
            )

    def stores(self, name: str, clock: Callable[[], datetime]) -> dict[str, Any]:
        """Return the adapters of everything but queues."""
        names = SimpleNamespace(
            **dict.fromkeys(("log_bucket", "data_bucket"), name),
            **{f"{table}_table": f"{name}-{table}" for table in _TABLES},
            **dict.fromkeys(("partial_days", "object_row_days"), 7),
            log_prefix="",
        )
        stores = Stores(names, lambda _service: self.s3, self.dynamodb.Table, clock=clock)
        found = stores.named(*_STORES)
        found["evidence"].put = _from_a_copy(found["evidence"].put)
        return found


def _from_a_copy(put: Callable[..., bool]) -> Callable[..., bool]:
    """Write evidence from a copy: the adapter adds a stamp to the file it is given."""

    def put_copy(part: Part, object_id: str, generation: int, body: BinaryIO) -> bool:
        body.seek(0)
        return put(part, object_id, generation, BytesIO(body.read()))

    return put_copy


_NOT_HERE = frozenset({"expire", "erase", "end_evidence"})
"""Events that only memory knows, not the tables and buckets of the engine."""


class EngineHistory(History):
    """A seed, played on the engine.

    `met` counts the errors on its wire, `refused` the conditional writes that took effect and were
    then refused, because their answer had been lost.
    """

    expected = (*History.expected, *_ERRORS)

    def __init__(self, seed: int, environment: Mapping[str, str], rate: float) -> None:
        make = partial(EngineWorld, environment=environment, most_attempts=1 + seed % 3)
        super().__init__(seed, make)
        self._faults: FaultInjection = self.world.faults
        self._faults.rate = rate
        self.scenario.fault_rates = CALM._replace(dies=self.scenario.fault_rates.dies)
        events = self.scenario.events
        self.scenario.events = [event for event in events if event.what not in _NOT_HERE]

    @property
    def met(self) -> Mapping[str, int]:
        return self._faults.met

    @property
    def refused(self) -> int:
        return int(self.world.wire.refused)

    def _calm_down(self) -> None:
        self._faults.rate = 0.0
        super()._calm_down()


def _index(name: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": _schema((name, "pk")),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }


def _schema(names: Iterable[str]) -> list[dict[str, str]]:
    kinds = zip(names, ("HASH", "RANGE"), strict=False)
    return [{"AttributeName": name, "KeyType": kind} for name, kind in kinds]
