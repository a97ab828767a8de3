"""The stores of a history: those of `local/`, with caches where the same work comes again."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from io import BytesIO
from random import Random
from typing import Any

from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.log_object import LogObject, log_object_of
from bedrock_meter.domain.time.hours import Hour, Slot
from bedrock_meter.domain.totals.partial import Partial
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
from bedrock_meter.local.profiles import MemoryProfileFacts
from bedrock_meter.local.queues import MemoryIngestQueue, MemoryLogStore, MemoryRefreshQueue
from bedrock_meter.local.usage import MemoryUsageTable
from bedrock_meter.local.waiting import MemoryWaitList
from bedrock_meter.logs.spool import evidence_in
from bedrock_meter.ports import EvidenceFile
from simulate.catalogue import KNOWN_POLICIES
from simulate.direct_requests import ErasingNames
from simulate.eraser import ERASER_REQUESTS
from simulate.profile_service import ProfilePlan, ProfileService, WiredProfiles
from simulate.scheduler import Scheduler
from simulate.wire import Watch, Wire

BUCKET = "logs"


@lru_cache(maxsize=4096)
def _log_object(key: str) -> LogObject:
    return log_object_of(BUCKET, key)


@lru_cache(maxsize=4096)
def _evidence(body: bytes) -> tuple[Evidence, ...]:
    return tuple(evidence_in(BytesIO(body)))


class QuickLogs(MemoryLogStore):
    """The log bucket; each key is parsed once."""

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
    """The live table with its stream: `moved` are the keys inserted or changed."""

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


class World:
    """Every store; `raw` are those behind the wire, `ports` are what jobs are given."""

    def __init__(
        self,
        random: Random,
        scheduler: Scheduler,
        watch: Watch,
        profiles: Mapping[str, ProfilePlan] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.min.replace(tzinfo=UTC),
    ) -> None:
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
            "refreshes": MemoryRefreshQueue(),
            "decisions": MemoryDecisions(),
            "policies": MemoryPolicies(),
            "names": ErasingNames(),
            "facts": MemoryProfileFacts(),
            "bedrock": ProfileService(profiles or {}, clock),
        }
        self.scheduler = scheduler
        self.wire = Wire(random, scheduler, watch)
        self.ports: dict[str, Any] = {
            name: self.wire.to(name, store) for name, store in self.raw.items()
        }
        self.ports["bedrock"] = WiredProfiles(self.ports["bedrock"])
        for place, act in ERASER_REQUESTS.items():
            store, method = place.split(".")
            self.wire.bind(self.ports[store], store, method, partial(act, self.raw[store]))
        for policy in KNOWN_POLICIES:
            self.raw["policies"].put(policy)

    def log_object(self, key: str) -> LogObject:
        return _log_object(key)
