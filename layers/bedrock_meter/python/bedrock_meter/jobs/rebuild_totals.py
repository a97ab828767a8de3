"""Rebuild: derive closed totals anew from evidence, and compare them with what is stored.

Usage could be thrown away: everything in it follows from evidence and decisions, and what is final
from its published closing. This job shows it, total by total. `repair_totals` corrects it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bedrock_meter.domain.records.tenant import Tenant, in_order
from bedrock_meter.domain.time.hours import Day, Hour, Month, day_of, hours_of, month_of
from bedrock_meter.domain.totals.hour_row import HourRow
from bedrock_meter.domain.totals.total import (
    EMPTY,
    DayTotal,
    HourTotal,
    MonthTotal,
    Total,
    day_total_for,
    month_total_for,
)
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.close_hour import closing_of
from bedrock_meter.jobs.derive_calls import files_of, totals_of
from bedrock_meter.ports import Closing, ClosingStore, EvidenceStore, HourTable, UsageTable


class Difference(NamedTuple):
    """A stored total that is not what its evidence, or its parts, add up to.

    `hour` is one whose total, once written anew, corrects it; None if the tenant has none in the
    period.
    """

    period: Hour | Day | Month
    tenant: Tenant
    stored: Total
    derived: Total
    hour: Hour | None

    def direction(self) -> str:
        """Return which way the stored cost is wrong; equal costs may hide other numbers."""
        if self.stored.cost == self.derived.cost:
            return "same cost, other numbers"
        return "too much" if self.stored.cost > self.derived.cost else "too little"


class Rebuilt(NamedTuple):
    """How many totals were compared, and which differ.

    `waiting` are hours that wait for a close anyway, `lost` those that lost evidence which their
    published closing was made of: neither were compared. `final` hours were compared with their
    published closing.
    """

    compared: int
    differences: tuple[Difference, ...]
    waiting: tuple[Hour, ...]
    final: tuple[Hour, ...] = ()
    lost: tuple[Hour, ...] = ()

    def is_right(self) -> bool:
        """Return whether nothing differs, and no evidence is lost."""
        return not self.differences and not self.lost


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

    An hour that is final is compared with its published closing: its totals stay as they are. One
    that is due has totals that are about to change; it is named, not compared. So is an hour that
    is not final and whose evidence is gone.
    """
    found: list[Difference | None] = []
    seen = _Seen(closings, evidence, valuation_for)
    months: dict[Month, set[Tenant]] = {}
    progress = hours.progress()
    for day in days:
        names: set[Tenant] = set()
        for hour in hours_of(day):
            row = hours.row(hour)
            if not row.published:
                continue
            published = closing_of(hour, row.published, closings)
            names |= published.totals.keys()
            derived = seen.derived(row, published, is_final=progress.is_sealed(hour))
            if derived is not None:
                names |= derived.keys()
                found += _hours(hour, {*published.totals, *derived}, derived, usage)
        found += _days(day, names, usage)
        months.setdefault(month_of(day), set()).update(names)
    for month, names in months.items():
        found += _months(month, names, usage)
    differences = tuple(filter(None, found))
    return Rebuilt(
        len(found), differences, tuple(seen.waiting), tuple(seen.final), tuple(seen.lost)
    )


def evidence_lost(published: Closing, evidence: EvidenceStore) -> bool:
    """Return whether evidence that a published close contained is there no more."""
    return not set(published.files) <= set(files_of(published.hour, evidence).names())


@dataclass
class _Seen:
    """What hours should add up to; those that cannot be compared are kept by their reason."""

    closings: ClosingStore
    evidence: EvidenceStore
    valuation_for: Callable[[Hour], Valuation]
    waiting: list[Hour] = field(default_factory=list)
    final: list[Hour] = field(default_factory=list)
    lost: list[Hour] = field(default_factory=list)

    def derived(
        self, row: HourRow, published: Closing, *, is_final: bool
    ) -> Mapping[Tenant, Total] | None:
        """Return what the hour should be, by tenant; None when it is not compared."""
        if is_final:
            self.final.append(row.hour)
            return self._as_published(row, published)
        if evidence_lost(published, self.evidence):
            self.lost.append(row.hour)
        elif row.is_due():
            self.waiting.append(row.hour)
        else:
            return totals_of(row.hour, self.evidence, self.valuation_for(row.hour))
        return None

    def _as_published(self, row: HourRow, published: Closing) -> Mapping[Tenant, Total]:
        """Add the tenants that a close which was never published may have given a total."""
        if row.epoch == row.published:
            return published.totals
        newest = self.closings.newest(row.hour)
        others: dict[Tenant, Total] = dict.fromkeys(newest.totals if newest else (), EMPTY)
        return {**others, **published.totals}


def _hours(
    hour: Hour,
    names: Iterable[Tenant],
    derived: Mapping[Tenant, Total],
    usage: UsageTable,
) -> Iterator[Difference | None]:
    for tenant in in_order(names):
        hours = usage.hours_in(tenant, day_of(hour))
        stored = next((one.total for one in hours if one.hour == hour), EMPTY)
        right = derived.get(tenant, EMPTY)
        yield Difference(hour, tenant, stored, right, hour) if stored != right else None


def _days(day: Day, names: Iterable[Tenant], usage: UsageTable) -> Iterator[Difference | None]:
    for tenant in in_order(names):
        stored, hours = usage.day(tenant, day), usage.hours_in(tenant, day)
        right = day_total_for(day, 0, hours)
        same = stored is not None and right == stored._replace(version=0)
        yield None if same else _difference(tenant, day, stored, right, hours)


def _months(
    month: Month, names: Iterable[Tenant], usage: UsageTable
) -> Iterator[Difference | None]:
    for tenant in in_order(names):
        stored, days = usage.month(tenant, month), usage.days_in(tenant, month)
        right = month_total_for(month, 0, days)
        same = stored is not None and right == stored._replace(version=0, days=right.days)
        hours = (one for day in days for one in usage.hours_in(tenant, day.day))
        yield None if same else _difference(tenant, month, stored, right, hours)


def _difference[Sum: (DayTotal, MonthTotal)](
    tenant: Tenant,
    period: Day | Month,
    stored: Sum | None,
    right: Sum,
    hours: Iterable[HourTotal],
) -> Difference:
    first = next((one.hour for one in hours), None)
    return Difference(period, tenant, stored.total if stored else EMPTY, right.total, first)
