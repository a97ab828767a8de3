"""Read a tenant's spend so far: closed totals where an hour is published, live ones elsewhere.

The order of the reads is what makes an hour count once: which hours are published, then the
closed totals with the hours they contain, then slot totals. Whatever is written in between moves
an hour from the live side to the closed side, and it is counted on the side it was read. Slot
totals may be older than that: no hour leaves the live side.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.levels.spend import SLOT_LENGTH, SlotUse, Spend
from bedrock_meter.domain.records.use import NOTHING, Use, sum_of
from bedrock_meter.domain.time.hours import (
    ONE_DAY,
    ONE_HOUR,
    Day,
    Hour,
    Month,
    Slot,
    day_of,
    end_of_hour,
    hour_after,
    hour_of,
    hours_between,
    hours_of,
    month_of,
    start_of,
)
from bedrock_meter.domain.time.period import Period
from bedrock_meter.domain.totals.live import SlotTotals
from bedrock_meter.domain.totals.total import DayTotal, holds_hour
from bedrock_meter.ports import HourTable, SlotTotalsSource, UsageTable

_BEFORE_THE_FIRST_PLAN = 24


class Reach(NamedTuple):
    """How far totals reach: every hour before `closed` is published, `open` hours are not.

    `known` is the moment up to which any calls are known: the end of the newest slot that has any,
    or of the last published hour. An earlier hour that is held back does not hold levels back.
    """

    closed: Hour
    open: tuple[Hour, ...]
    known: datetime


class LiveUses:
    """What tenants use in the slots of hours; each hour is read once for all tenants of a run."""

    def __init__(self, source: SlotTotalsSource) -> None:
        self._source = source
        self._read: dict[Hour, Sequence[SlotTotals]] = {}

    def take(self, slot_totals: Mapping[Hour, Sequence[SlotTotals]]) -> None:
        """Go by slot totals that were just read."""
        self._read |= slot_totals

    def slot_totals_of(self, hour: Hour) -> Sequence[SlotTotals]:
        """Read the slot totals of an hour, or return them as they were read before."""
        if hour not in self._read:
            self._read[hour] = self._source.slot_totals_of(hour)
        return self._read[hour]

    def slots_of(self, tenant: str, hour: Hour) -> dict[Slot, Use]:
        """Return a tenant's use in each slot of an hour in which it has any."""
        found = self.slot_totals_of(hour)
        return {one.slot: one.tenants[tenant] for one in found if tenant in one.tenants}


def reach_at(now: datetime, *, hours: HourTable, live: SlotTotalsSource) -> Reach:
    """Read how far totals reach, once for all tenants of a run."""
    last = hour_of(now)
    progress = hours.progress()
    closed = progress.data_up_to or hour_after(last, -_BEFORE_THE_FIRST_PLAN)
    since = hours_between(closed, hour_after(last))
    still_open = tuple(hour for hour in since if not progress.is_published(hour))
    newest = [totals.slot for hour in still_open[-2:] for totals in live.slot_totals_of(hour)]
    ends = [start_of(slot) + SLOT_LENGTH for slot in newest]
    if progress.beyond:
        ends.append(end_of_hour(max(progress.beyond)))
    return Reach(closed, still_open, min(max([start_of(closed), *ends]), now))


def read_spend(
    tenant: str,
    *,
    now: datetime,
    reach: Reach,
    day: Period,
    month: Period,
    usage: UsageTable,
    live: LiveUses,
) -> Spend:
    """Add up what a tenant used in its budget day and month, and its latest slots."""
    totals = _Totals(tenant, usage, live)
    closed_month = _closed_in(totals, month.start, month.end, now)
    closed_day = _closed_in(totals, day.start, day.end, now)
    latest = hour_of(reach.known - ONE_HOUR), hour_of(reach.known)
    lives = {hour: live.slots_of(tenant, hour) for hour in sorted({*reach.open, *latest})}
    of_day = closed_day.plus_live(lives, reach, day)
    of_month = closed_month.plus_live(lives, reach, month)
    return Spend(
        tenant=tenant,
        day=of_day.cost,
        month=of_month.cost,
        day_period=day,
        month_period=month,
        requests_day=of_day.requests,
        requests_month=of_month.requests,
        tokens_day=of_day.tokens,
        tokens_month=of_month.tokens,
        unpriced_tokens_day=of_day.unpriced_tokens,
        unpriced_tokens_month=of_month.unpriced_tokens,
        slots=_latest(lives, reach.known),
        data_up_to=reach.known,
        as_of=now,
    )


class _Closed(NamedTuple):
    """The closed use of a range, and the hours that it contains."""

    use: Use
    hours: frozenset[Hour]

    def plus_live(
        self, lives: Mapping[Hour, Mapping[Slot, Use]], reach: Reach, period: Period
    ) -> Use:
        """Add the open hours of a period that the closed use does not contain."""
        missing = (lives.get(hour, {}) for hour in reach.open if hour not in self.hours)
        return self.use.plus(sum_of(_part_of(slots, *period[1:]) for slots in missing))


_NOTHING_CLOSED = _Closed(NOTHING, frozenset())


class _Totals:
    """Reads a tenant's closed totals; days that were read with their month are not read again."""

    def __init__(self, tenant: str, usage: UsageTable, live: LiveUses) -> None:
        self._tenant, self._usage, self._live = tenant, usage, live
        self._months: dict[Month, Mapping[Day, DayTotal]] = {}

    def month(self, month: Month) -> _Closed:
        """Read a whole month."""
        found = self._usage.month(self._tenant, month)
        return _Closed(found.total.use(), _hours_in(found.masks)) if found else _NOTHING_CLOSED

    def day(self, day: Day, *, alone: bool) -> _Closed:
        """Read a whole day: `alone`, or with the other days of its month."""
        month = month_of(day)
        days = self._months.get(month)
        if days is None and not alone:
            found = self._usage.days_in(self._tenant, month)
            days = self._months[month] = {one.day: one for one in found}
        total = self._usage.day(self._tenant, day) if days is None else days.get(day)
        if total is None:
            return _NOTHING_CLOSED
        return _Closed(total.total.use(), _hours_in({day: total.mask}))

    def part(self, day: Day, start: datetime, end: datetime) -> _Closed:
        """Read the hours of a day within a range; of an hour that it cuts, only its slots count.

        Slot totals have an end: without them, the whole hour belongs to the range that holds its
        start.
        """
        touched = [
            one
            for one in self._usage.hours_in(self._tenant, day)
            if start < end_of_hour(one.hour) and start_of(one.hour) < end
        ]
        cut = [one.hour for one in touched if not _inside(one.hour, start, end)]
        slots = {hour: self._live.slots_of(self._tenant, hour) for hour in cut}
        uses = [
            _part_of(slots[one.hour], start, end) if slots.get(one.hour) else one.total.use()
            for one in touched
            if slots.get(one.hour) or start <= start_of(one.hour)
        ]
        return _Closed(sum_of(uses), frozenset(one.hour for one in touched))


def _closed_in(totals: _Totals, start: datetime, end: datetime, now: datetime) -> _Closed:
    """Add closed totals over a range: a month if it is one, else whole days, else hours.

    Future hours are not closed, so the day in which a range still goes on can be read whole.
    """
    day = day_of(hour_of(start))
    month = month_of(day)
    first = start_of(month)
    if (start, end) == (first, start_of(month_of(day_of(hour_of(first + 32 * ONE_DAY))))):
        return totals.month(month)
    ends = end if end <= now else end + ONE_DAY
    days = [one for one in _days(start, end) if start_of(one) <= now]
    whole = [one for one in days if start <= start_of(one) and start_of(one) + ONE_DAY <= ends]
    parts = [totals.day(one, alone=len(whole) == 1) for one in whole]
    parts += [totals.part(one, start, end) for one in days if one not in whole]
    hours = frozenset[Hour]().union(*(part.hours for part in parts))
    return _Closed(sum_of(part.use for part in parts), hours)


def _inside(hour: Hour, start: datetime, end: datetime) -> bool:
    return start <= start_of(hour) and end_of_hour(hour) <= end


def _part_of(slots: Mapping[Slot, Use], start: datetime, end: datetime) -> Use:
    """Add the slots that a range holds."""
    return sum_of(use for slot, use in slots.items() if start <= start_of(slot) < end)


def _days(start: datetime, end: datetime) -> Iterable[Day]:
    at = start_of(day_of(hour_of(start)))
    while at < end:
        yield day_of(hour_of(at))
        at += ONE_DAY


def _hours_in(masks: Mapping[Day, int]) -> frozenset[Hour]:
    return frozenset(
        hour for day, mask in masks.items() for hour in hours_of(day) if holds_hour(mask, hour)
    )


def _latest(lives: Mapping[Hour, Mapping[Slot, Use]], known: datetime) -> tuple[SlotUse, ...]:
    since = known - timedelta(hours=1)
    return tuple(
        SlotUse(slot, use.requests, use.errors, use.tokens, use.cost, use.unpriced_tokens)
        for hour in sorted(lives)
        for slot, use in sorted(lives[hour].items())
        if since <= start_of(slot) < known
    )
