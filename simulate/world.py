"""The stores of a history: those of `local/`, made quicker where they would do the same twice."""

import gzip
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from random import Random
from typing import Any, BinaryIO

import msgspec

from bedrock_meter import prices
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.hours import Hour, Slot
from bedrock_meter.domain.log_object import LogObject, log_object_of
from bedrock_meter.domain.partial import Partial
from bedrock_meter.domain.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.quarantine import Reject
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.local.decisions import MemoryDecisions, MemoryPolicies
from bedrock_meter.local.hours import MemoryHourTable
from bedrock_meter.local.live import MemoryLiveTable
from bedrock_meter.local.objects import (
    MemoryClosingStore,
    MemoryEvidenceStore,
    MemoryQuarantineStore,
    MemoryRollupStore,
)
from bedrock_meter.local.queues import MemoryIngestQueue, MemoryLogStore, MemoryWakeQueue
from bedrock_meter.local.usage import MemoryUsageTable
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.reading import reading_of
from bedrock_meter.logs.spool import evidence_in
from simulate.baton import Stage
from simulate.content import packed
from simulate.scene import POLICIES, PolicyPlan
from simulate.wire import Watch, Wire

BUCKET = "logs"
BOOK = prices.shipped()


def policy_of(plan: PolicyPlan) -> Policy:
    """Write a policy out."""
    half = {"contract": {"kind": "percent", "off": "50"}}
    return Policy.from_document(
        {
            "attribution": {"tenant_keys": list(plan.tenant_keys)},
            "tenants": dict.fromkeys(plan.half_price, half),
        }
    )


KNOWN_POLICIES = (DEFAULT_POLICY, *(policy_of(plan) for plan in POLICIES[1:]))
_CALLERS = {policy.id: Callers(policy) for policy in KNOWN_POLICIES}
_VALUATIONS = {policy.id: Valuation(policy, BOOK) for policy in KNOWN_POLICIES}


@lru_cache(maxsize=4096)
def _log_object(key: str) -> LogObject:
    return log_object_of(BUCKET, key)


@lru_cache(maxsize=4096)
def _evidence(body: bytes) -> tuple[Evidence, ...]:
    return tuple(evidence_in(BytesIO(body)))


class QuickLogs(MemoryLogStore):
    """The log bucket; what a key says is read once."""

    def delivered(self, hour: Hour) -> Iterator[LogObject]:
        for key in sorted(self.objects):
            log_object = _log_object(key)
            if log_object.delivered == hour:
                yield log_object


class QuickEvidence(MemoryEvidenceStore):
    """Evidence; equal bytes are decoded once."""

    def read(self, hour: Hour, object_id: str) -> Iterator[Evidence]:
        return iter(_evidence(self.files[hour, object_id][1]))


class StreamingLive(MemoryLiveTable):
    """The live table with its stream: what is inserted or changed is told in `moved`."""

    def __init__(self) -> None:
        super().__init__()
        self.moved: list[tuple[Slot, str]] = []

    def put_partial(self, partial: Partial) -> bool:
        key = (partial.slot, partial.object_id)
        before = self.partials.get(key)
        done = super().put_partial(partial)
        if done and before != partial:
            self.moved.append(key)
        return done


class Found:
    """What one reading of a log object found; keeps `ingest.Reading`."""

    def __init__(self, body: bytes, log_object: LogObject, version: int, policy: str) -> None:
        seen = body if version == 1 else _read_anew(body)
        with reading_of(
            BytesIO(seen), log_object, _VALUATIONS[policy], _CALLERS[policy]
        ) as reading:
            self._files = {hour: file.read() for hour, file in reading.evidence().items()}
            self._partials = [one._replace(version=version) for one in reading.partials()]
            self.records = reading.records
            self.rejects: list[Reject] = list(reading.rejects)
            self.edges = set(reading.edges)
        self.digest = hashlib.sha256(body).hexdigest()

    def evidence(self) -> dict[Hour, BinaryIO]:
        return {hour: BytesIO(body) for hour, body in self._files.items()}

    def partials(self) -> list[Partial]:
        return self._partials


def _read_anew(body: bytes) -> bytes:
    """Give the lines as a newer reading sees them."""
    return packed([_line_anew(line) for line in gzip.decompress(body).splitlines()])


def _line_anew(line: bytes) -> bytes:
    try:
        record = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return line
    return msgspec.json.encode({**record, **record.get("x2", {})})


_found = lru_cache(maxsize=512)(Found)


class World:
    """Every store; `raw` is what stands behind the wire, the attributes are what jobs are given."""

    def __init__(self, random: Random, stage: Stage, watch: Watch) -> None:
        self.raw: dict[str, Any] = {
            "logs": QuickLogs(BUCKET),
            "evidence": QuickEvidence(),
            "quarantine": MemoryQuarantineStore(),
            "live": StreamingLive(),
            "hours": MemoryHourTable(),
            "usage": MemoryUsageTable(),
            "closings": MemoryClosingStore(),
            "rollups": MemoryRollupStore(),
            "queue": MemoryIngestQueue(),
            "wake": MemoryWakeQueue(),
            "decisions": MemoryDecisions(),
            "policies": MemoryPolicies(),
        }
        self.wire = Wire(random, stage, watch)
        self.ports: dict[str, Any] = {
            name: self.wire.to(name, store) for name, store in self.raw.items()
        }
        for policy in KNOWN_POLICIES:
            self.raw["policies"].put(policy)

    def log_object(self, key: str) -> LogObject:
        return _log_object(key)

    def reader_of(self, version: int, policy: str) -> Any:
        """Give the `read` of an ingest worker of a meter version."""

        @contextmanager
        def read(body: BinaryIO, log_object: LogObject, _now: datetime) -> Iterator[Found]:
            yield _found(body.read(), log_object, version, policy)

        return read
