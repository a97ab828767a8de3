"""Plan: which hours are to be closed, which become final, how far `data up to` may go.

Log objects that wait to be metered hold `data up to` back, and nothing else: the hours behind it
are closed all the same.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple

from bedrock_meter.domain.time.hours import (
    Day,
    Hour,
    day_of,
    edges_of,
    hour_of,
    hours_between,
    milliseconds_of,
)
from bedrock_meter.domain.totals.hour_row import HourRow, Progress
from bedrock_meter.jobs.publish_hours import advance
from bedrock_meter.jobs.sweep_logs import READ_ANEW, LogStores, Sweep, sweep_logs
from bedrock_meter.ports import EvidenceStore, HourTable, Remaining

MOST_DAYS = 8
"""Groups (one day, its due hours) in one plan: two rounds of four workers, so that levels are
assessed within an hour however much is due. What is left is the next plan's."""

MOST_UNFINISHED = 200
"""Log objects on the wait list of which a plan reads the manifests before hours become final."""

LONGEST_CLOSE = timedelta(minutes=16)
"""A worker lives for 15 minutes: a close that began longer ago has ended, or died."""


class HourPlan(NamedTuple):
    """Due hours by day; whether there are more; and what holds `data up to` back.

    `hold` is the first hour that may still gain calls from log objects that wait to be metered, at
    most the last one this plan looked at; `outstanding` counts those objects, `waiting` the hours
    that are due. All hours before `data_up_to` are published.
    """

    days: tuple[tuple[Day, tuple[Hour, ...]], ...]
    more: bool
    hold: Hour
    outstanding: int
    announced: int
    waiting: int
    data_up_to: Hour
    sweep_failed: str = ""


def plan_hours(
    *,
    now: datetime,
    grace: timedelta,
    keep_open: timedelta | None,
    remaining: Remaining,
    evidence: EvidenceStore,
    hours: HourTable,
    stores: LogStores,
) -> HourPlan:
    """Announce log objects nobody metered, move `data up to` forward, return the hours to close.

    A sweep that fails is reported, and moves nothing; hours are planned all the same.

    Hours older than `keep_open` become final (None: none do), once they are published and not due.
    """
    last = hour_of(now - grace)
    first = hours.progress().data_up_to or _begin(last, evidence, hours)
    sweep = _swept(first, now, remaining, stores)
    # Only the next plan sees what is delivered from now on, however slow this run is.
    hold = min(sweep.hold or last, last)
    data_up_to = advance(hold, hours) or first
    progress = hours.progress()
    due = _due(progress, data_up_to, last, hours)
    _seal(progress, now, evidence, hours, stores)
    if keep_open is not None:
        hours.begin_sealing(min([hour_of(now - keep_open), data_up_to, hold, *due]), now)
    longest = LONGEST_CLOSE // timedelta(milliseconds=1)
    free = [row for row in due.values() if not row.is_being_closed(milliseconds_of(now), longest)]
    groups = _by_day(free)
    return HourPlan(
        groups[:MOST_DAYS],
        len(groups) > MOST_DAYS,
        hold,
        sweep.outstanding,
        sweep.announced,
        len(due),
        data_up_to,
        sweep.failed,
    )


def _swept(first: Hour, now: datetime, left: Remaining, stores: LogStores) -> Sweep:
    try:
        return sweep_logs(first, now=now, left=left, stores=stores)
    except Exception as problem:  # noqa: BLE001 - closing must not wait for a queue or a listing
        return Sweep(first, 0, 0, f"{type(problem).__name__}: {problem}")


def _begin(last: Hour, evidence: EvidenceStore, hours: HourTable) -> Hour:
    """Set where metering begins, once: at the oldest hour that has evidence, or now.

    Evidence is listed again once `data up to` is set. An ingest too late for that listing sees
    `data up to`, and asks for the hours before it by name; hours missed by the first listing alone
    are asked for here.
    """
    first = hours.begin_at(min(next(evidence.hours(), last), last))
    for hour in takewhile(lambda hour: hour < first, evidence.hours()):
        hours.ask(hour)
    return first


def _due(progress: Progress, first: Hour, last: Hour, hours: HourTable) -> dict[Hour, HourRow]:
    """Return the rows of the hours that are due.

    Published hours are due only when somebody asked; the index names those. A final hour is asked
    for only where a reading kept evidence before the hour became final: that evidence counts.
    """
    unpublished = {hour for hour in hours_between(first, last) if not progress.is_published(hour)}
    rows = hours.rows(sorted(unpublished.union(hours.due())))
    return {hour: row for hour, row in rows.items() if row.is_due()}


def _seal(
    progress: Progress,
    now: datetime,
    evidence: EvidenceStore,
    hours: HourTable,
    stores: LogStores,
) -> None:
    """Make hours final that have taken no more evidence for a while, once none of them is due.

    A reading that was adding to them when that began has ended by now, and has asked; or it died,
    and the hours wait until it is finished. Their rows are read, for the index may lag.
    """
    first, until, since = progress.sealed, progress.sealing, progress.sealing_since
    if until is None or since is None or (first and first >= until) or now < since + READ_ANEW:
        return
    between = takewhile(lambda hour: hour < until, evidence.hours())
    rows = hours.rows([hour for hour in between if not progress.is_sealed(hour)])
    is_due = any(row.epoch and row.is_due() for row in rows.values())
    if not is_due and not _is_unfinished(until, stores):
        hours.seal(until)


def _is_unfinished(until: Hour, stores: LogStores) -> bool:
    """Return whether a reading that died may have touched what is about to be final."""
    try:
        waiting = {one.object_id for one in stores.waits.waiting()}
        if len(waiting) > MOST_UNFINISHED:
            return True
        noted = (stores.manifests.read(object_id) for object_id in sorted(waiting))
        begun = [one.manifest.parts for one in noted if one and one.manifest.is_unfinished]
    except Exception:  # noqa: BLE001 - closing must not wait for what becoming final waits for
        return True
    return any(part <= edges_of(until)[0] for parts in begun for part in parts)


def _by_day(due: Iterable[HourRow]) -> tuple[tuple[Day, tuple[Hour, ...]], ...]:
    """Group hours by day, oldest first, in the order in which they are to be closed.

    Hours never published come first, for `data up to` waits for them; then those that are closed
    again. Hours that could not be closed come last, the one tried longest ago first: however many
    hours fail, or end their worker, no other hour waits for them.
    """
    days: dict[Day, list[tuple[int, bool, Hour]]] = {}
    for row in due:
        tried = row.epoch if row.was_tried() else 0
        days.setdefault(day_of(row.hour), []).append((tried, row.published > 0, row.hour))
    order = sorted(days, key=lambda day: (min(days[day])[:2], day))
    return tuple((day, tuple(hour for _, _, hour in sorted(days[day]))) for day in order)
