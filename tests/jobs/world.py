"""A whole meter in memory: upload evidence, let the jobs run, look at the totals."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import BinaryIO

from bedrock_meter import prices
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.hours import Hour, Slot, hour_of, neighbours, parse_time, slot_of
from bedrock_meter.domain.log_object import LogObject
from bedrock_meter.domain.merge import edge_of
from bedrock_meter.domain.partial import Partial, PartialRow, row_sum
from bedrock_meter.domain.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.quarantine import Reject
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.jobs.close_day import ClosedDay, close_day
from bedrock_meter.jobs.close_hour import close_hour
from bedrock_meter.jobs.close_months import close_months
from bedrock_meter.jobs.finish_hours import finish_hours
from bedrock_meter.jobs.fold_slot import Woken, fold_slot
from bedrock_meter.jobs.ingest import IngestReport, ingest
from bedrock_meter.jobs.plan_hours import Plan, plan_hours
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
from bedrock_meter.logs.spool import EvidenceSpool
from tests.builders import a_log_object, at

BOOK = prices.shipped()
GRACE = timedelta(minutes=20)


@dataclass
class GivenReading:
    """What reading a log object found, given beforehand; keeps `Reading`."""

    evidence: tuple[Evidence, ...]
    valuation: Valuation
    object_id: str
    version: int = 1
    rejects: list[Reject] = field(default_factory=list)
    spool: EvidenceSpool = field(default_factory=EvidenceSpool)

    @property
    def digest(self) -> str:
        return sha256(self.object_id.encode()).hexdigest()

    @property
    def records(self) -> int:
        return len(self.evidence)

    @property
    def edges(self) -> set[Hour]:
        found: set[Hour] = set()
        for one in self.evidence:
            hour = hour_of(parse_time(one.at))
            before, after = neighbours(hour)
            early, late = edge_of(hour)
            found |= ({before} if one.at < early else set()) | (
                {after} if one.at >= late else set()
            )
        return found

    def evidence(self) -> Mapping[Hour, BinaryIO]:
        for one in self.evidence:
            self.spool.add(hour_of(parse_time(one.at)), [one])
        return self.spool.files()

    def partials(self) -> Iterable[Partial]:
        rows: dict[str, list[PartialRow]] = {}
        for one in self.evidence:
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
            yield Partial(self.object_id, slot, self.version, row_sum(rows[slot]))


@dataclass
class World:
    """Every store in memory, and the verbs of the meter on them."""

    policy: Policy = DEFAULT_POLICY
    logs: MemoryLogStore = field(default_factory=MemoryLogStore)
    evidence: MemoryEvidenceStore = field(default_factory=MemoryEvidenceStore)
    quarantine: MemoryQuarantineStore = field(default_factory=MemoryQuarantineStore)
    live: MemoryLiveTable = field(default_factory=MemoryLiveTable)
    hours: MemoryHourTable = field(default_factory=MemoryHourTable)
    usage: MemoryUsageTable = field(default_factory=MemoryUsageTable)
    closings: MemoryClosingStore = field(default_factory=MemoryClosingStore)
    rollups: MemoryRollupStore = field(default_factory=MemoryRollupStore)
    queue: MemoryIngestQueue = field(default_factory=MemoryIngestQueue)
    wake: MemoryWakeQueue = field(default_factory=MemoryWakeQueue)
    judged: list[tuple[str, Hour]] = field(default_factory=list)

    def valuation(self, _hour: Hour | None = None) -> Valuation:
        return Valuation(self.policy, BOOK)

    def ingest(
        self,
        name: str,
        *evidence: Evidence,
        version: int = 1,
        is_live: bool = True,
        rejects: Iterable[Reject] = (),
        log_object: LogObject | None = None,
    ) -> IngestReport:
        log_object = log_object or a_log_object(name)
        self.logs.objects.setdefault(log_object.key, b"delivered")

        @contextmanager
        def read(_body: BinaryIO, item: LogObject, _now: datetime) -> Iterator[GivenReading]:
            reading = GivenReading(
                evidence, self.valuation(), item.object_id, version, list(rejects)
            )
            try:
                yield reading
            finally:
                reading.spool.close()

        return ingest(
            log_object,
            now=at("09:59"),
            is_live=is_live,
            version=version,
            logs=self.logs,
            read=read,
            evidence=self.evidence,
            quarantine=self.quarantine,
            hours=self.hours,
            live=self.live,
        )

    def fold(
        self,
        now: str = "10:00",
        pulse_every: timedelta = timedelta(),
        moved: Iterable[tuple[Slot, str]] | None = None,
    ) -> None:
        moved = self.live.partials if moved is None else moved
        fold_slot(
            [Woken(slot, object_id) for slot, object_id in moved],
            now=at(now),
            pulse_every=pulse_every,
            live=self.live,
            usage=self.usage,
            wake=self.wake,
            assess=lambda tenant, hour, _boards, _now: self.judged.append((tenant, hour)),
        )

    def plan(self, now: str = "10:20") -> Plan:
        return plan_hours(
            now=at(now),
            grace=GRACE,
            logs=self.logs,
            evidence=self.evidence,
            live=self.live,
            hours=self.hours,
            queue=self.queue,
        )

    def close_hour(self, hour: Hour, now: str = "10:20"):
        return close_hour(
            hour,
            now=at(now),
            hours=self.hours,
            evidence=self.evidence,
            closings=self.closings,
            usage=self.usage,
            rollups=self.rollups,
            valuation_for=self.valuation,
        )

    def close_day(self, day: str, hours: Iterable[Hour], now: str = "10:20") -> ClosedDay:
        return close_day(
            day,
            hours,
            close=lambda hour: self.close_hour(hour, now),
            closings=self.closings,
            usage=self.usage,
        )

    def run(self, now: str = "10:20") -> list[Hour]:
        """One run of the hourly machine; the hours it published."""
        plan = self.plan(now)
        days = [self.close_day(day, hours, now) for day, hours in plan.days]
        marks = [mark for day in days for mark in day.marks]
        close_months([mark.hour for mark in marks], closings=self.closings, usage=self.usage)
        return list(
            finish_hours(
                marks,
                plan.hold,
                now=at(now),
                grace=GRACE,
                closings=self.closings,
                hours=self.hours,
            )
        )

    def closed(self, tenant: str | None, hour: Hour) -> int:
        """A tenant's closed hour in attodollars."""
        return self.usage.hours[tenant, hour].total.cost
