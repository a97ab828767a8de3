"""Sum up the months that closed hours belong to, once for all days of a run."""

from collections.abc import Iterable

from bedrock_meter.domain.errors import Contended
from bedrock_meter.domain.hours import Hour, Month, month_of
from bedrock_meter.domain.top import Ranked
from bedrock_meter.domain.total import month_total_for
from bedrock_meter.jobs.close_day import sorted_names
from bedrock_meter.jobs.close_hour import names_of
from bedrock_meter.ports import ClosingStore, UsageTable

_ATTEMPTS = 12


def close_months(
    closed: Iterable[Hour], *, closings: ClosingStore, usage: UsageTable
) -> tuple[Month, ...]:
    """Put the month of every tenant found in the closed hours, from its days."""
    tenants: dict[Month, set[str | None]] = {}
    for hour in closed:
        tenants.setdefault(month_of(hour), set()).update(names_of(hour, closings))
    for month, names in sorted(tenants.items()):
        costs = {tenant: _sum_up(tenant, month, usage) for tenant in sorted_names(names)}
        if costs:
            usage.put_top(month, costs)
    return tuple(sorted(tenants))


def _sum_up(tenant: str | None, month: Month, usage: UsageTable) -> Ranked:
    """Put a tenant's month from its days; answer what it cost."""
    for _ in range(_ATTEMPTS):
        before = usage.month(tenant, month)
        version = before.version if before else 0
        after = month_total_for(month, version + 1, usage.days_in(tenant, month))
        if before is not None and before[2:] == after[2:]:
            return Ranked(before.total.cost, before.version)
        if usage.put_month(tenant, after):
            return Ranked(after.total.cost, after.version)
    raise Contended(f"the month {month} of one tenant was replaced {_ATTEMPTS} times in a row")
