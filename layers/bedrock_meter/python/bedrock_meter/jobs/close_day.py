"""Close as many due hours of a day as the worker has time for, and publish them.

For the hours that it takes, one worker does everything: totals, then the day, the month, and at
last the hours are published. What it did not reach stays due; what it did is published even if it
then dies, but for what it gathered in the last minute. An hour that somebody tried to close in vain
may be what workers die of: before it, everything gathered is published. So nothing holds an earlier
hour back, and every run gets further than the one before.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from bedrock_meter.domain.records.errors import BrokenEvidence, EvidenceMissing, UnknownSchema
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.time.hours import Day, Hour, month_of
from bedrock_meter.domain.totals.findings import Findings, findings_for
from bedrock_meter.domain.totals.workload import Load, Pace, fill_of, time_to_sum
from bedrock_meter.jobs.close_hour import ClosedHour
from bedrock_meter.jobs.derive_calls import files_of
from bedrock_meter.jobs.publish_hours import advance, publish_hour
from bedrock_meter.jobs.sum_up import Each, sum_days, sum_months
from bedrock_meter.ports import ClosingStore, EvidenceStore, HourTable, Remaining, UsageTable
from bedrock_meter.ports.profiles import ProfilesUnavailable

GATHERED = timedelta(minutes=1)
"""Hours are gathered for so long before they are summed up and published together: a day is then
summed up a few times, not once for each of its hours."""

MOST_GATHERED = 20_000
"""Totals gathered before they are published, whatever the time: they are held in memory."""

LEFT_OPEN = (BrokenEvidence, EvidenceMissing, ProfilesUnavailable, UnknownSchema)
"""What keeps one hour from being closed, and no other."""


class ClosedDay(NamedTuple):
    """The hours published, those left due for want of time, and those that could not be closed.

    `findings` is what the totals of the published hours have to say.
    """

    published: tuple[Hour, ...]
    left: tuple[Hour, ...]
    failed: dict[Hour, str]
    findings: Findings


class DayStores(NamedTuple):
    """What closing a day reads and writes, beside what closing an hour does."""

    evidence: EvidenceStore
    closings: ClosingStore
    hours: HourTable
    usage: UsageTable


def close_day(
    day: Day,
    due: Iterable[Hour],
    hold: Hour,
    *,
    remaining: Remaining,
    close: Callable[[Hour], ClosedHour | None],
    stores: DayStores,
    each: Each,
) -> ClosedDay:
    """Close due hours in the order given; `data up to` moves up to `hold` at most.

    An hour that looks too large for a whole worker comes last, alone: it may fail without harm.
    """
    worker = _Worker(day, hold, remaining, close, stores, each)
    still = _still_due(due, stores.hours)
    loads = {hour: files_of(hour, stores.evidence).load() for hour in still}
    todo = sorted(loads, key=lambda hour: not worker.could_do(loads[hour]))
    while todo and (worker.is_fresh or worker.has_time_for(loads[todo[0]])):
        worker.close(todo[0], loads[todo.pop(0)])
    worker.publish()
    return ClosedDay(tuple(worker.published), tuple(todo), worker.failed, worker.findings)


def _still_due(due: Iterable[Hour], hours: HourTable) -> list[Hour]:
    """Leave out what was published since the plan was made."""
    due = list(due)
    rows = hours.rows(due)
    return [hour for hour in due if rows[hour].is_due()]


@dataclass
class _Worker:
    """One worker: what it has gathered, what it has done, and how quick it is."""

    day: Day
    hold: Hour
    remaining: Remaining
    close_one: Callable[[Hour], ClosedHour | None]
    stores: DayStores
    each: Each
    published: list[Hour] = field(default_factory=list)
    failed: dict[Hour, str] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    pace: Pace = field(default_factory=Pace)
    gathered: list[ClosedHour] = field(default_factory=list)
    is_fresh: bool = True

    def __post_init__(self) -> None:
        self.whole = self.since = self.remaining()

    def could_do(self, load: Load) -> bool:
        """Return whether a worker that has all its time could close such an hour."""
        return self.pace.fits(load, 0, self.whole)

    def has_time_for(self, load: Load) -> bool:
        """Return whether an hour fits; where it does not, what was gathered is published first."""
        if self.pace.fits(load, len(_tenants(self.gathered)), self.remaining()):
            return True
        self.publish()
        return self.pace.fits(load, 0, self.remaining())

    def close(self, hour: Hour, load: Load) -> None:
        """Close an hour and gather it; publish when enough is gathered, or something may break."""
        if self.gathered and self.stores.hours.row(hour).was_tried():
            self.publish()
        begun, self.is_fresh = self.remaining(), False
        try:
            closed = self.close_one(hour)
        except LEFT_OPEN as problem:
            self.failed[hour] = str(problem)
            return
        except Exception:
            self.publish()  # what is wrong with this hour must not cost the others their work
            raise
        took = begun - self.remaining()
        self.pace = self.pace.after(load, took)
        if closed:
            self.gathered.append(closed)
            self._find(closed, took)
        held = sum(len(one.closing.totals) for one in self.gathered)
        if held >= MOST_GATHERED or self.since - self.remaining() >= GATHERED:
            self.publish()

    def publish(self) -> None:
        """Sum up the day and the month of all tenants of the gathered hours; publish the hours."""
        gathered, self.gathered = self.gathered, []
        if gathered:
            tenants = _tenants(gathered)
            sum_days(self.day, tenants, self.stores.usage, self.each)
            sum_months(month_of(self.day), tenants, self.stores.usage, self.each)
        for closed in gathered:
            hours, closings = self.stores.hours, self.stores.closings
            if publish_hour(closed, closings=closings, hours=hours):
                self.published.append(closed.mark.hour)
        if gathered:
            advance(self.hold, self.stores.hours)
        self.since = self.remaining()

    def _find(self, closed: ClosedHour, took: timedelta) -> None:
        totals = closed.closing.totals
        spent = took + time_to_sum(len(totals))
        fill = fill_of(closed.load, len(totals), spent, self.whole)
        found = findings_for(totals, closed.closing.duplicates_apart, fill)
        self.findings = self.findings.plus(found)


def _tenants(gathered: Iterable[ClosedHour]) -> set[Tenant]:
    return {name for closed in gathered for name in closed.closing.totals}
