"""Close as many due hours of a day as the worker has time for, and publish them.

For the hours that it takes, one worker does everything: totals, then the day, the month, and at
last the hours are published. What it did not reach stays due; what it did is published even if it
then dies, but for what it gathered in the last minute. An hour that somebody tried to close in vain
may be what workers die of: before it, everything gathered is published. So nothing holds an earlier
hour back, and every run gets further than the one before.
"""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import NamedTuple

from bedrock_meter.domain.records.errors import BrokenEvidence, EvidenceMissing, UnknownSchema
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


class _Worker:
    """One worker: what it has gathered, what it has done, and how quick it is."""

    def __init__(
        self,
        day: Day,
        hold: Hour,
        remaining: Remaining,
        close: Callable[[Hour], ClosedHour | None],
        stores: DayStores,
        each: Each,
    ) -> None:
        self.published: list[Hour] = []
        self.failed: dict[Hour, str] = {}
        self.findings = Findings()
        self.is_fresh = True
        self._day, self._hold = day, hold
        self._remaining, self._whole = remaining, remaining()
        self._close, self._stores, self._each = close, stores, each
        self._pace = Pace()
        self._gathered: list[ClosedHour] = []
        self._since = self._whole

    def could_do(self, load: Load) -> bool:
        """Return whether a worker that has all its time could close such an hour."""
        return self._pace.fits(load, 0, self._whole)

    def has_time_for(self, load: Load) -> bool:
        """Return whether an hour fits; where it does not, what was gathered is published first."""
        if self._pace.fits(load, len(self._tenants()), self._remaining()):
            return True
        self.publish()
        return self._pace.fits(load, 0, self._remaining())

    def close(self, hour: Hour, load: Load) -> None:
        """Close an hour and gather it; publish when enough is gathered, or something may break."""
        if self._gathered and self._stores.hours.row(hour).was_tried():
            self.publish()
        begun, self.is_fresh = self._remaining(), False
        try:
            closed = self._close(hour)
        except LEFT_OPEN as problem:
            self.failed[hour] = str(problem)
            return
        except Exception:
            self.publish()  # what is wrong with this hour must not cost the others their work
            raise
        took = begun - self._remaining()
        self._pace = self._pace.after(load, took)
        if closed:
            self._gathered.append(closed)
            self._find(closed, took)
        held = sum(len(one.closing.totals) for one in self._gathered)
        if held >= MOST_GATHERED or self._since - self._remaining() >= GATHERED:
            self.publish()

    def publish(self) -> None:
        """Sum up the day and the month of all tenants of the gathered hours; publish the hours."""
        gathered, self._gathered = self._gathered, []
        if gathered:
            tenants = {name for closed in gathered for name in closed.closing.totals}
            sum_days(self._day, tenants, self._stores.usage, self._each)
            sum_months(month_of(self._day), tenants, self._stores.usage, self._each)
        for closed in gathered:
            hours, closings = self._stores.hours, self._stores.closings
            if publish_hour(closed, closings=closings, hours=hours):
                self.published.append(closed.mark.hour)
        if gathered:
            advance(self._hold, self._stores.hours)
        self._since = self._remaining()

    def _tenants(self) -> set[str | None]:
        return {name for closed in self._gathered for name in closed.closing.totals}

    def _find(self, closed: ClosedHour, took: timedelta) -> None:
        totals = closed.closing.totals
        spent = took + time_to_sum(len(totals))
        fill = fill_of(closed.load, len(totals), spent, self._whole)
        found = findings_for(totals, closed.closing.duplicates_apart, fill)
        self.findings = self.findings.plus(found)
