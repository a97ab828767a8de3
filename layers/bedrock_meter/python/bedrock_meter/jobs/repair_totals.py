"""Repair: correct the totals that a rebuild found to be wrong.

Where an hour can be closed again, its close writes the totals anew and leaves a correction. Final
hours are closed no more: their totals are written back as they were published.
"""

from collections.abc import Iterable
from typing import NamedTuple

from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.time.hours import Day, Hour, Month, day_of
from bedrock_meter.domain.totals.hour_row import Progress
from bedrock_meter.jobs.rebuild_totals import Difference, Rebuilt
from bedrock_meter.jobs.sum_up import sum_days, sum_months
from bedrock_meter.ports import HourTable, UsageTable


class Repaired(NamedTuple):
    """The hours that will be closed again, and the final ones whose totals were written back.

    `summed` are days and months that were summed up anew besides.
    """

    asked: tuple[Hour, ...]
    written_back: tuple[Hour, ...]
    summed: tuple[Day | Month, ...]


def repair_totals(rebuilt: Rebuilt, *, hours: HourTable, usage: UsageTable) -> Repaired:
    """Ask for a close of every hour that differs or is part of what does; write back final ones.

    Days and months are summed up here where no close will do it. Doing it twice is doing it once.
    """
    progress = hours.progress()
    final = [one for one in rebuilt.differences if not _is_closed_again(one, progress)]
    back = [one for one in final if one.period == one.hour]
    for one in back:
        _write_back(one, hours, usage)
    summed = _sum_up(final, usage)
    asked = sorted(
        {one.hour for one in rebuilt.differences if one.hour and _is_closed_again(one, progress)}
    )
    for hour in asked:
        hours.ask(hour)
    return Repaired(tuple(asked), tuple(sorted({Hour(one.period) for one in back})), summed)


def _is_closed_again(one: Difference, progress: Progress) -> bool:
    return one.hour is not None and not progress.is_sealed(one.hour)


def _write_back(one: Difference, hours: HourTable, usage: UsageTable) -> None:
    """Put the published total of a final hour, over whatever stands.

    Under the published epoch where nothing stands, else under a higher one: a close that was never
    published may have written a total too. The hour is not closed again, so no close is overtaken.
    """
    hour = Hour(one.period)
    stored = usage.hours_in(one.tenant, day_of(hour))
    epochs = [total.epoch + 1 for total in stored if total.hour == hour]
    epoch = max(epochs, default=hours.row(hour).published)
    usage.put_hours(hour, epoch, {one.tenant: one.derived})


def _sum_up(differences: Iterable[Difference], usage: UsageTable) -> tuple[Day | Month, ...]:
    """Sum up the days and months that these totals belong to, days first."""
    days: dict[Day, set[Tenant]] = {}
    months: dict[Month, set[Tenant]] = {}
    for one in differences:
        if len(one.period) > len("2026-11"):
            days.setdefault(Day(one.period[:10]), set()).add(one.tenant)
        months.setdefault(Month(one.period[:7]), set()).add(one.tenant)
    for day in sorted(days):
        sum_days(day, days[day], usage, map)
    for month in sorted(months):
        sum_months(month, months[month], usage, map)
    return (*sorted(days), *sorted(months))
