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
from bedrock_meter.domain.hours import Hour, Part, Slot, parse_time, part_of
from bedrock_meter.domain.log_object import LogObject, log_object_of
from bedrock_meter.domain.partial import Partial
from bedrock_meter.domain.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.quarantine import Reject
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.local.decisions import MemoryDecisions, MemoryPolicies
from bedrock_meter.local.hours import MemoryHourTable
from bedrock_meter.local.live import MemoryLiveTable
from bedrock_meter.local.manifests import MemoryManifestStore
from bedrock_meter.local.objects import (
    MemoryClosingStore,
    MemoryEvidenceStore,
    MemoryQuarantineStore,
    MemoryRollupStore,
)
from bedrock_meter.local.queues import MemoryIngestQueue, MemoryLogStore, MemoryWakeQueue
from bedrock_meter.local.usage import MemoryUsageTable
from bedrock_meter.local.waiting import MemoryWaitList
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.log import read_log
from bedrock_meter.logs.reading import reading_of
from bedrock_meter.logs.spool import EvidenceSpool, evidence_in
from bedrock_meter.ports import EvidenceFile
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

    def read(self, file: EvidenceFile) -> Iterator[Evidence]:
        return iter(_evidence(self.kept[file.part, file.object_id][1]))


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
            self._partials = list(reading.partials())
            self.records = reading.records
            self.rejects: list[Reject] = list(reading.rejects)
        self._files = _files_of(seen, log_object)
        self.digest = hashlib.sha256(body).hexdigest()

    def evidence(self) -> dict[Part, BinaryIO]:
        return {part: BytesIO(body) for part, body in self._files.items()}

    def partials(self) -> list[Partial]:
        return self._partials


def _files_of(body: bytes, log_object: LogObject) -> dict[Part, bytes]:
    """Give the evidence of each part of an hour, with all metadata as logged."""
    source = Source(log_object.object_id, log_object.stamp, log_object.account, log_object.region)
    spool = EvidenceSpool()
    try:
        for found in read_log(BytesIO(body), source, lambda logged: dict(logged or {}) or None):
            if isinstance(found, Evidence):
                spool.add(part_of(parse_time(found.at)), [found])
        return {part: file.read() for part, file in spool.files().items()}
    finally:
        spool.close()


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
            "manifests": MemoryManifestStore(),
            "evidence": QuickEvidence(),
            "quarantine": MemoryQuarantineStore(),
            "live": StreamingLive(),
            "waits": MemoryWaitList(),
            "hours": MemoryHourTable(),
            "usage": MemoryUsageTable(),
            "closings": MemoryClosingStore(),
            "rollups": MemoryRollupStore(),
            "queue": MemoryIngestQueue(),
            "wake": MemoryWakeQueue(),
            "decisions": MemoryDecisions(),
            "policies": MemoryPolicies(),
        }
        self.stage = stage
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
