"""Sum up days from closed hours and months from days, tenant by tenant.

A sum is read, derived and put if it was not replaced meanwhile; else it is read again. So two
workers on two days of one month leave a month that holds both.
"""

from collections.abc import Callable, Iterable

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.records.tenant import Tenant, in_order
from bedrock_meter.domain.time.hours import Day, Month
from bedrock_meter.domain.totals.top import Ranked
from bedrock_meter.domain.totals.total import DayTotal, MonthTotal, day_total_for, month_total_for
from bedrock_meter.ports import UsageTable

_ATTEMPTS = 24

type Each = Callable[[Callable[[Tenant], Ranked], Iterable[Tenant]], Iterable[Ranked]]
"""Do something for each tenant, one after the other or side by side; answers in their order."""


def sum_days(day: Day, tenants: Iterable[Tenant], usage: UsageTable, each: Each) -> None:
    """Put the day of each tenant from its closed hours."""

    def derive(tenant: Tenant, version: int) -> DayTotal:
        return day_total_for(day, version, usage.hours_in(tenant, day))

    _sum_up(day, tenants, usage, each, usage.day, derive, usage.put_day)


def sum_months(month: Month, tenants: Iterable[Tenant], usage: UsageTable, each: Each) -> None:
    """Put the month of each tenant from its days."""

    def derive(tenant: Tenant, version: int) -> MonthTotal:
        return month_total_for(month, version, usage.days_in(tenant, month))

    _sum_up(month, tenants, usage, each, usage.month, derive, usage.put_month)


def _sum_up[Period: (Day, Month), Sum: (DayTotal, MonthTotal)](
    period: Period,
    tenants: Iterable[Tenant],
    usage: UsageTable,
    each: Each,
    read: Callable[[str | None, Period], Sum | None],
    derive: Callable[[Tenant, int], Sum],
    put: Callable[[Tenant, Sum], bool],
) -> None:
    """Put the next version of each sum unless what stands says the same; rank all by their cost."""

    def put_next(tenant: Tenant) -> Ranked:
        for _ in range(_ATTEMPTS):
            before = read(tenant, period)
            after = derive(tenant, before.version + 1 if before else 1)
            if before and before.says_the_same(after):
                return Ranked(before.total.cost, before.version)
            if put(tenant, after):
                return Ranked(after.total.cost, after.version)
        raise Contended(f"{period} of one tenant was replaced {_ATTEMPTS} times in a row")

    names = in_order(tenants)
    if names:
        usage.put_top(period, dict(zip(names, each(put_next, names), strict=True)))
