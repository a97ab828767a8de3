"""Publish closed hours: corrections first, then the hour itself, then `data up to`."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bedrock_meter.domain.correction import corrections_for
from bedrock_meter.domain.hour_row import Mark
from bedrock_meter.domain.hours import Hour, hour_of
from bedrock_meter.jobs.close_hour import closing_of
from bedrock_meter.jobs.plan_hours import advance
from bedrock_meter.ports import ClosingStore, HourTable


def finish_hours(
    marks: Iterable[Mark],
    hold: Hour | None,
    *,
    now: datetime,
    grace: timedelta,
    closings: ClosingStore,
    hours: HourTable,
) -> tuple[Hour, ...]:
    """Publish every hour whose close is still the newest; name the hours published.

    Corrections are written before the hour is published: a close that dies in between leaves
    a file that no published epoch leads to, and the next close writes its own.
    """
    published = tuple(mark.hour for mark in marks if _publish(mark, closings, hours))
    first = hours.data_up_to()
    if first:
        advance(first, hour_of(now - grace), hold, hours)
    return published


def _publish(mark: Mark, closings: ClosingStore, hours: HourTable) -> bool:
    if mark.published and mark.published != mark.epoch:
        old = closing_of(mark.hour, mark.published, closings).totals
        new = closing_of(mark.hour, mark.epoch, closings).totals
        changes = corrections_for(mark.hour, mark.published, old, mark.epoch, new)
        closings.put_corrections(mark.hour, mark.published, mark.epoch, list(changes))
    return hours.finish(mark)
