"""A whole meter in memory: upload evidence, let the jobs run, look at the totals."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import BinaryIO

from bedrock_meter import prices
from bedrock_meter.columns.derive import derived_in_columns
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.time.hours import (
    Day,
    Hour,
    Part,
    Slot,
    hour_of,
    parse_time,
    part_of,
    slot_of,
)
from bedrock_meter.domain.totals.live import DeferredRefresh, SlotTotals
from bedrock_meter.domain.totals.partial import Partial, PartialRow
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.close_day import ClosedDay, DayStores, close_day
from bedrock_meter.jobs.close_hour import ClosedHour, close_hour
from bedrock_meter.jobs.fold_slot import (
    FoldContext,
    FoldStores,
    MovedSlot,
    fold_slot,
    refresh_live_hours,
)
from bedrock_meter.jobs.ingest import IngestReport, IngestStores, ingest
from bedrock_meter.jobs.plan_hours import HourPlan, plan_hours
from bedrock_meter.jobs.sweep_logs import LogStores
from bedrock_meter.local.hours import MemoryHourTable
from bedrock_meter.local.live import MemoryLiveTable
from bedrock_meter.local.manifests import MemoryManifestStore
from bedrock_meter.local.objects import (
    MemoryClosingStore,
    MemoryEvidenceStore,
    MemoryQuarantineStore,
    MemoryRollupStore,
)
from bedrock_meter.local.queues import MemoryIngestQueue, MemoryLogStore, MemoryRefreshQueue
from bedrock_meter.local.usage import MemoryUsageTable
from bedrock_meter.local.waiting import MemoryWaitList
from bedrock_meter.logs.spool import EvidenceSpool
from bedrock_meter.ports import Remaining
from tests.builders import a_log_object, at, row_sum

BOOK = prices.shipped()
GRACE = timedelta(minutes=20)
PLENTY = timedelta(minutes=15)


@dataclass
class GivenReading:
    """What reading a log object found, given beforehand; keeps `Reading`."""

    found: tuple[Evidence, ...]
    valuation: Valuation
    object_id: str
    content: str = ""
    rejects: list[Reject] = field(default_factory=list)
    spool: EvidenceSpool = field(default_factory=EvidenceSpool)

    @property
    def digest(self) -> str:
        return sha256(self.content.encode()).hexdigest()

    @property
    def records(self) -> int:
        return len(self.found)

    def evidence(self) -> Mapping[Part, BinaryIO]:
        for one in self.found:
            self.spool.add(part_of(parse_time(one.at)), [one])
        return self.spool.files()

    def partials(self) -> Iterable[Partial]:
        rows: dict[str, list[PartialRow]] = {}
        for one in self.found:
            attribution, charge = self.valuation.of(one)
            row = PartialRow(
                attribution.tenant,
                one.model_id,
                1,
                int(one.error_code is not None),
                one.usage,
                charge.priced,
                int(bool(charge.unpriced)),
                dict(charge.unpriced),
            )
            rows.setdefault(slot_of(parse_time(one.at)), []).append(row)
        for slot in sorted(rows):
            yield Partial(self.object_id, slot, 0, row_sum(rows[slot]))


@dataclass
class World:
    """Every store in memory, and the verbs of the meter on them."""

    policy: Policy = DEFAULT_POLICY
    logs: MemoryLogStore = field(default_factory=MemoryLogStore)
    evidence: MemoryEvidenceStore = field(default_factory=MemoryEvidenceStore)
    manifests: MemoryManifestStore = field(default_factory=MemoryManifestStore)
    quarantine: MemoryQuarantineStore = field(default_factory=MemoryQuarantineStore)
    live: MemoryLiveTable = field(default_factory=MemoryLiveTable)
    waits: MemoryWaitList = field(default_factory=MemoryWaitList)
    hours: MemoryHourTable = field(default_factory=MemoryHourTable)
    usage: MemoryUsageTable = field(default_factory=MemoryUsageTable)
    closings: MemoryClosingStore = field(default_factory=MemoryClosingStore)
    rollups: MemoryRollupStore = field(default_factory=MemoryRollupStore)
    queue: MemoryIngestQueue = field(default_factory=MemoryIngestQueue)
    refreshes: MemoryRefreshQueue = field(default_factory=MemoryRefreshQueue)
    assessed: list[tuple[str, Hour]] = field(default_factory=list)

    def valuation(self, _hour: Hour | None = None) -> Valuation:
        return Valuation(self.policy, BOOK)

    def ingest(
        self,
        name: str,
        *found: Evidence,
        version: int = 1,
        is_live: bool = True,
        rejects: Iterable[Reject] = (),
        log_object: LogObject | None = None,
        content: str = "delivered",
        now: str = "09:59",
        stores: IngestStores | None = None,
    ) -> IngestReport:
        """Meter a log object; whoever gives other evidence for it says what else is its content."""
        log_object = log_object or a_log_object(name)
        self.logs.objects[log_object.key] = content.encode()

        @contextmanager
        def read(_body: BinaryIO, item: LogObject, _now: datetime) -> Iterator[GivenReading]:
            reading = GivenReading(found, self.valuation(), item.object_id, content, list(rejects))
            try:
                yield reading
            finally:
                reading.spool.close()

        return ingest(
            log_object,
            now=at(now),
            is_live=is_live,
            version=version,
            logs=self.logs,
            read=read,
            stores=stores or self.ingest_stores(),
        )

    def ingest_stores(self) -> IngestStores:
        return IngestStores(
            self.manifests, self.evidence, self.quarantine, self.hours, self.live, self.waits
        )

    def fold(
        self,
        now: str = "10:00",
        live_hour_every: timedelta = timedelta(),
        moved: Iterable[tuple[Slot, str]] | None = None,
        given: FoldContext | None = None,
    ) -> None:
        moved = self.live.partials if moved is None else moved
        fold_slot(
            [MovedSlot(slot, object_id) for slot, object_id in moved],
            given or self.given(now),
            self.fold_stores(),
            live_hour_every=live_hour_every,
        )

    def refresh(self, deferred: DeferredRefresh, now: str = "10:01") -> None:
        refresh_live_hours(deferred, self.given(now), self.fold_stores())

    def given(self, now: str, remaining: Remaining = lambda: PLENTY) -> FoldContext:
        """What a fold goes by; assessing is only noted."""
        return FoldContext(at(now), self.policy.tenants.keys(), self._note, remaining)

    def fold_stores(self) -> FoldStores:
        return FoldStores(self.live, self.usage, self.refreshes)

    def _note(self, tenant: str, slot_totals: Mapping[Hour, Sequence[SlotTotals]]) -> None:
        self.assessed += [(tenant, hour) for hour in slot_totals]

    def plan(
        self,
        now: str = "10:20",
        keep_open: timedelta | None = None,
        left: Remaining = lambda: PLENTY,
    ) -> HourPlan:
        return plan_hours(
            now=at(now),
            grace=GRACE,
            keep_open=keep_open,
            remaining=left,
            evidence=self.evidence,
            hours=self.hours,
            stores=LogStores(self.logs, self.manifests, self.live, self.waits, self.queue),
        )

    def close_hour(self, hour: Hour, now: str = "10:20") -> ClosedHour | None:
        return close_hour(
            hour,
            now=at(now),
            **self.day_stores()._asdict(),
            rollups=self.rollups,
            valuation_for=self.valuation,
            derive=derived_in_columns,
        )

    def day_stores(self) -> DayStores:
        return DayStores(self.evidence, self.closings, self.hours, self.usage)

    def close_day(
        self,
        day: str,
        hours: Iterable[Hour],
        now: str = "10:20",
        *,
        hold: str | None = None,
        remaining: Remaining = lambda: PLENTY,
    ) -> ClosedDay:
        return close_day(
            Day(day),
            hours,
            Hour(hold) if hold else hour_of(at(now) - GRACE),
            remaining=remaining,
            close=lambda hour: self.close_hour(hour, now),
            stores=self.day_stores(),
            each=map,
        )

    def run(self, now: str = "10:20") -> list[Hour]:
        """One run of the hourly machine; the hours it published."""
        plan = self.plan(now)
        days = [self.close_day(day, due, now, hold=plan.hold) for day, due in plan.days]
        return sorted(hour for day in days for hour in day.published)

    def closed(self, tenant: str | None, hour: Hour) -> int:
        """A tenant's closed hour in attodollars."""
        return self.usage.hours[tenant, hour].total.cost
