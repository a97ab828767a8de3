"""Close the due hours of a day, then sum up the day once."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from bedrock_meter.domain.errors import BrokenEvidence, Contended, EvidenceMissing
from bedrock_meter.domain.findings import Findings, findings_for
from bedrock_meter.domain.hour_row import Mark
from bedrock_meter.domain.hours import Day, Hour
from bedrock_meter.domain.top import Ranked
from bedrock_meter.domain.total import day_total_for
from bedrock_meter.jobs.close_hour import closing_of, names_of
from bedrock_meter.ports import ClosingStore, UsageTable

_ATTEMPTS = 12


class ClosedDay(NamedTuple):
    """The hours that wait to be published; those a person must look at, with the reason.

    `findings` is what the totals of the closed hours have to say.
    """

    marks: tuple[Mark, ...]
    failed: dict[Hour, str]
    findings: Findings


def close_day(
    day: Day,
    due: Iterable[Hour],
    *,
    close: Callable[[Hour], Mark | None],
    closings: ClosingStore,
    usage: UsageTable,
) -> ClosedDay:
    """Close each hour; an hour without its evidence does not keep the others from closing."""
    marks, failed = [], {}
    for hour in due:
        try:
            mark = close(hour)
        except (BrokenEvidence, EvidenceMissing) as problem:
            failed[hour] = str(problem)
            continue
        if mark:
            marks.append(mark)
    tenants = set[str | None]().union(*(names_of(mark.hour, closings) for mark in marks))
    costs = {tenant: _sum_up(tenant, day, usage) for tenant in sorted_names(tenants)}
    if costs:
        usage.put_top(day, costs)
    return ClosedDay(tuple(marks), failed, _findings(marks, closings))


def _findings(marks: Iterable[Mark], closings: ClosingStore) -> Findings:
    found = Findings()
    for mark in marks:
        closing = closing_of(mark.hour, mark.epoch, closings)
        found = found.plus(findings_for(closing.totals, closing.duplicates_apart))
    return found


def sorted_names(tenants: Iterable[str | None]) -> list[str | None]:
    """Order tenants the same way everywhere, unattributed first."""
    return sorted(tenants, key=lambda tenant: (tenant is not None, tenant or ""))


def _sum_up(tenant: str | None, day: Day, usage: UsageTable) -> Ranked:
    """Put a tenant's day from its closed hours; answer what it cost."""
    for _ in range(_ATTEMPTS):
        before = usage.day(tenant, day)
        version = before.version if before else 0
        after = day_total_for(day, version + 1, usage.hours_in(tenant, day))
        if before is not None and before[2:] == after[2:]:
            return Ranked(before.total.cost, before.version)
        if usage.put_day(tenant, after):
            return Ranked(after.total.cost, after.version)
    raise Contended(f"the day {day} of one tenant was replaced {_ATTEMPTS} times in a row")
