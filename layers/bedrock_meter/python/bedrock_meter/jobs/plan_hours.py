"""Plan: which hours have to be closed, and whether every delivered log object was metered.

Events are hints; the listing of the log bucket is the truth.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import NamedTuple

from bedrock_meter.domain.hours import Day, Hour, day_of, hour_after, hour_of, hours_between
from bedrock_meter.domain.log_object import LogObject
from bedrock_meter.ports import EvidenceStore, HourTable, IngestQueue, LiveTable, LogStore

MOST_DAYS = 48
"""Groups (one day, its due hours) in one plan; the state machine passes them between states."""

_LONGEST_SWEEP = 48
"""Delivery hours listed by one plan, counted back from now."""


class Plan(NamedTuple):
    """Due hours by day, oldest first; whether there are more; and what holds `data up to` back.

    `hold` is the first hour that may still gain calls from log objects that wait to be metered, at
    most the last one this plan looked at; `outstanding` counts those objects. All hours before
    `data_up_to` are published.
    """

    days: tuple[tuple[Day, tuple[Hour, ...]], ...]
    more: bool
    hold: Hour
    outstanding: int
    data_up_to: Hour


def plan_hours(
    *,
    now: datetime,
    grace: timedelta,
    logs: LogStore,
    evidence: EvidenceStore,
    live: LiveTable,
    hours: HourTable,
    queue: IngestQueue,
) -> Plan:
    """Queue log objects nobody metered, move `data up to` forward, and name the hours to close."""
    last = hour_of(now - grace)
    first = hours.data_up_to() or _begin(last, evidence, hours)
    waiting = _outstanding(first, hour_of(now), logs, live)
    queue.announce(waiting)
    # However slow this run is: what is delivered from now on, only the next plan will see.
    hold = min(_hold(waiting) or last, last)
    first = advance(first, last, hold, hours)
    due = {hour for hour in hours_between(first, last) if hours.row(hour).is_due()}
    due.update(hours.due())
    groups = _by_day(sorted(due))
    return Plan(groups[:MOST_DAYS], len(groups) > MOST_DAYS, hold, len(waiting), first)


def advance(first: Hour, last: Hour, hold: Hour | None, hours: HourTable) -> Hour:
    """Move `data up to` over published hours, never past an hour that may still gain calls."""
    reached = first
    for hour in hours_between(first, min(last, hold or last)):
        if not hours.row(hour).published:
            break
        reached = hour_after(hour)
    if reached > first:
        hours.advance(reached)
    return reached


def _begin(last: Hour, evidence: EvidenceStore, hours: HourTable) -> Hour:
    """Set where metering begins, once: at the oldest hour that has evidence, or now.

    Evidence are listed again when `data up to` is set. An ingest too late for that listing sees
    `data up to`, and asks for the hours before it by name; one too late for the first listing
    only is asked for here.
    """
    first = hours.begin_at(min(next(evidence.hours(), last), last))
    for hour in takewhile(lambda hour: hour < first, evidence.hours()):
        hours.ask(hour)
    return first


def _outstanding(first: Hour, now: Hour, logs: LogStore, live: LiveTable) -> list[LogObject]:
    """List the delivered log objects that were not metered to the end."""
    oldest = max(hour_after(first, -1), hour_after(now, -_LONGEST_SWEEP))
    delivered = {
        log_object.object_id: log_object
        for hour in hours_between(oldest, hour_after(now))
        for log_object in logs.delivered(hour)
    }
    missing = live.unsettled(delivered)
    return [delivered[object_id] for object_id in sorted(missing)]


def _hold(waiting: Iterable[LogObject]) -> Hour | None:
    """Name the first hour that waiting log objects may touch: the one before their delivery."""
    delivered = [item.delivered for item in waiting if item.delivered]
    return hour_after(min(delivered), -1) if delivered else None


def _by_day(hours: list[Hour]) -> tuple[tuple[Day, tuple[Hour, ...]], ...]:
    days: dict[Day, list[Hour]] = {}
    for hour in hours:
        days.setdefault(day_of(hour), []).append(hour)
    return tuple((day, tuple(islice(days[day], 24))) for day in sorted(days))
