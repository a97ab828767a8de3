"""Sum up days from closed hours and months from days, tenant by tenant.

A sum is read, derived and put if nobody replaced it meanwhile: whoever loses reads again. So two
workers on two days of one month leave a month that holds both.
"""

from collections.abc import Callable, Iterable

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.time.hours import Day, Month
from bedrock_meter.domain.totals.top import Ranked
from bedrock_meter.domain.totals.total import DayTotal, MonthTotal, day_total_for, month_total_for
from bedrock_meter.ports import UsageTable

_ATTEMPTS = 24

type Each = Callable[[Callable[[str | None], Ranked], Iterable[str | None]], Iterable[Ranked]]
"""Do something for each tenant, one after the other or side by side; answers in their order."""


def in_order(tenants: Iterable[str | None]) -> list[str | None]:
    """Order tenants the same way everywhere, unattributed first."""
    return sorted(tenants, key=lambda tenant: (tenant is not None, tenant or ""))


def sum_days(day: Day, tenants: Iterable[str | None], usage: UsageTable, each: Each) -> None:
    """Put the day of each tenant from its closed hours."""

    def sum_up(tenant: str | None) -> Ranked:
        return _put_next(
            lambda: usage.day(tenant, day),
            lambda version: day_total_for(day, version, usage.hours_in(tenant, day)),
            lambda after: usage.put_day(tenant, after),
            f"the day {day}",
        )

    _rank(day, tenants, usage, each, sum_up)


def sum_months(month: Month, tenants: Iterable[str | None], usage: UsageTable, each: Each) -> None:
    """Put the month of each tenant from its days."""

    def sum_up(tenant: str | None) -> Ranked:
        return _put_next(
            lambda: usage.month(tenant, month),
            lambda version: month_total_for(month, version, usage.days_in(tenant, month)),
            lambda after: usage.put_month(tenant, after),
            f"the month {month}",
        )

    _rank(month, tenants, usage, each, sum_up)


def _rank(
    period: Day | Month,
    tenants: Iterable[str | None],
    usage: UsageTable,
    each: Each,
    sum_up: Callable[[str | None], Ranked],
) -> None:
    names = in_order(tenants)
    if names:
        usage.put_top(period, dict(zip(names, each(sum_up, names), strict=True)))


def _put_next[Sum: (DayTotal, MonthTotal)](
    read: Callable[[], Sum | None],
    derive: Callable[[int], Sum],
    put: Callable[[Sum], bool],
    what: str,
) -> Ranked:
    """Put the next version of a sum unless what stands says the same; again after a lost race."""
    for _ in range(_ATTEMPTS):
        before = read()
        after = derive(before.version + 1 if before else 1)
        if before and before.says_the_same(after):
            return Ranked(before.total.cost, before.version)
        if put(after):
            return Ranked(after.total.cost, after.version)
    raise Contended(f"{what} of one tenant was replaced {_ATTEMPTS} times in a row")
