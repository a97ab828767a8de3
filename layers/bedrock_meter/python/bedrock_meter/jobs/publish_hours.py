"""Publish a closed hour: corrections first, then the hour itself; then `data up to` moves on."""

from bedrock_meter.domain.time.hours import Hour, hour_after, hours_between
from bedrock_meter.domain.totals.correction import corrections_for
from bedrock_meter.jobs.close_hour import ClosedHour, closing_of
from bedrock_meter.ports import ClosingStore, HourTable


def publish_hour(closed: ClosedHour, *, closings: ClosingStore, hours: HourTable) -> bool:
    """Publish an hour whose day and month are written; False when a newer close has begun.

    Corrections are written first: a close that dies in between leaves a file that no published
    epoch leads to, and the next close writes its own.
    """
    mark = closed.mark
    if mark.published and mark.published != mark.epoch:
        old = closing_of(mark.hour, mark.published, closings).totals
        changes = corrections_for(mark.hour, mark.published, old, mark.epoch, closed.closing.totals)
        closings.put_corrections(mark.hour, mark.published, mark.epoch, list(changes))
    if not hours.finish(mark):
        return False
    hours.note_published(mark.hour)
    if mark.published:
        closings.retire(mark.hour, mark.epoch)
    return True


def advance(hold: Hour, hours: HourTable) -> Hour | None:
    """Move `data up to` over published hours, never past `hold`; return where it is then."""
    progress = hours.progress()
    first = progress.data_up_to
    if first is None:
        return None
    reached = first
    for hour in hours_between(first, hold):
        if not progress.is_published(hour) and not hours.row(hour).published:
            break
        reached = hour_after(hour)
    if reached > first:
        hours.advance(reached)
    return reached
