"""Rebuild: derive closed totals anew from evidence, and compare them with what is stored.

Usage could be thrown away: everything in it follows from evidence and decisions. This job shows it,
total by total, and asks for a new close of the hours where it does not.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from bedrock_meter.domain.hours import Day, Hour, Month, hours_of, month_of
from bedrock_meter.domain.total import EMPTY, HourTotal, Total, day_total_for, month_total_for
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.jobs.close_hour import closing_of
from bedrock_meter.jobs.derive_calls import files_of, totals_of
from bedrock_meter.jobs.sum_up import in_order
from bedrock_meter.ports import Closing, ClosingStore, EvidenceStore, HourTable, UsageTable


class Difference(NamedTuple):
    """A stored total that is not what its evidence, or its parts, add up to.

    `hour` is one whose close writes the total anew; None when the tenant has no hour in the period.
    """

    period: Hour | Day | Month
    tenant: str | None
    stored: Total
    derived: Total
    hour: Hour | None

    def direction(self) -> str:
        """Say which way the stored cost is wrong; equal costs may hide other numbers."""
        if self.stored.cost == self.derived.cost:
            return "same cost, other numbers"
        return "too much" if self.stored.cost > self.derived.cost else "too little"


class Rebuilt(NamedTuple):
    """How many totals were compared, and which differ.

    Not compared were hours that wait for a close anyway, and those that are final (`gone`): an
    operator made them so, or their evidence has ended.
    """

    compared: int
    differences: tuple[Difference, ...]
    waiting: tuple[Hour, ...]
    gone: tuple[Hour, ...] = ()


def rebuild_totals(
    days: Iterable[Day],
    *,
    hours: HourTable,
    evidence: EvidenceStore,
    closings: ClosingStore,
    usage: UsageTable,
    valuation_for: Callable[[Hour], Valuation],
) -> Rebuilt:
    """Compare hours with their evidence, days with their hours, and months with their days.

    An hour that is due has totals that are about to change; it is named, not compared. So is an
    hour whose evidence has ended, and one that was made final: its totals stay as they are.
    """
    found: list[tuple[Difference, bool]] = []
    waiting: list[Hour] = []
    gone: list[Hour] = []
    months: dict[Month, set[str | None]] = {}
    progress = hours.progress()
    for day in days:
        names: set[str | None] = set()
        for hour in hours_of(day):
            row = hours.row(hour)
            if not row.published:
                continue
            published = closing_of(hour, row.published, closings)
            names |= published.totals.keys()
            if progress.is_sealed(hour) or evidence_lost(published, evidence):
                gone.append(hour)
            elif row.is_due():
                waiting.append(hour)
            else:
                derived = totals_of(hour, evidence, valuation_for(hour))
                names |= derived.keys()
                found += _hours(hour, names_in(published, derived), derived, usage)
        found += _days(day, names, usage)
        months.setdefault(month_of(day), set()).update(names)
    for month, names in months.items():
        found += _months(month, names, usage)
    differences = tuple(difference for difference, differs in found if differs)
    return Rebuilt(len(found), differences, tuple(waiting), tuple(gone))


def names_in(published: Closing, derived: Mapping[str | None, Total]) -> set[str | None]:
    """Name every tenant that has or should have a total of the hour."""
    return {*published.totals, *derived}


def evidence_lost(published: Closing, evidence: EvidenceStore) -> bool:
    """Tell whether evidence that a published close contained is there no more."""
    return not set(published.files) <= set(files_of(published.hour, evidence).names())


def repair(rebuilt: Rebuilt, hours: HourTable) -> tuple[Hour, ...]:
    """Ask for a new close of every hour that differs, or that is part of what does.

    The close writes the totals anew and leaves a correction; nothing is patched.
    """
    asked = sorted({found.hour for found in rebuilt.differences if found.hour})
    for hour in asked:
        hours.ask(hour)
    return tuple(asked)


def _hours(
    hour: Hour,
    names: Iterable[str | None],
    derived: Mapping[str | None, Total],
    usage: UsageTable,
) -> Iterator[tuple[Difference, bool]]:
    day = Day(hour[:10])
    for tenant in in_order(names):
        stored = next((one for one in usage.hours_in(tenant, day) if one.hour == hour), None)
        total = stored.total if stored else EMPTY
        difference = Difference(hour, tenant, total, derived.get(tenant, EMPTY), hour)
        yield difference, total != difference.derived


def _days(
    day: Day, names: Iterable[str | None], usage: UsageTable
) -> Iterator[tuple[Difference, bool]]:
    for tenant in in_order(names):
        stored = usage.day(tenant, day)
        hours: list[HourTotal] = usage.hours_in(tenant, day)
        derived = day_total_for(day, 0, hours)
        total = stored.total if stored else EMPTY
        same = stored is not None and stored.mask == derived.mask and total == derived.total
        first = hours[0].hour if hours else None
        yield Difference(day, tenant, total, derived.total, first), not same


def _months(
    month: Month, names: Iterable[str | None], usage: UsageTable
) -> Iterator[tuple[Difference, bool]]:
    for tenant in in_order(names):
        stored = usage.month(tenant, month)
        days = usage.days_in(tenant, month)
        derived = month_total_for(month, 0, days)
        total = stored.total if stored else EMPTY
        same = stored is not None and stored.masks == derived.masks and total == derived.total
        first = usage.hours_in(tenant, days[0].day)[0].hour if days else None
        yield Difference(month, tenant, total, derived.total, first), not same
