"""Time as the meter cuts it: 5-minute slots, parts of hours, hours, days and months, all in UTC.

A period is its own sortable text (`2026-11-21T05:05`, `2026-11-21T05`, `2026-11-21`,
`2026-11`), because periods are keys of tables and objects before they are anything else.
An hour has three parts, its two edges and what lies between, named by their first minute
(`…T05:00`, `…T05:15`, `…T05:45`).
"""

from collections.abc import Iterator
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from functools import lru_cache
from typing import NewType

Slot = NewType("Slot", str)
Part = NewType("Part", str)
Hour = NewType("Hour", str)
Day = NewType("Day", str)
Month = NewType("Month", str)

SLOT_MINUTES = 5
EDGE_MINUTES = 15
"""How much of an hour, at either end, is near the hour beside it."""
ONE_HOUR = timedelta(hours=1)
ONE_DAY = timedelta(days=1)


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 time that names its zone; ValueError when it does not, or `is_an_end`."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone (a time such as 2026-11-21T05:00:00Z)")
    if is_an_end(at):
        raise ValueError(f"{text!r} is at an end of the calendar")
    return at.astimezone(UTC)


def is_an_end(at: datetime) -> bool:
    """Return whether a time is in the first or last possible year: no date lies beyond it."""
    return at.year in (MINYEAR, MAXYEAR)


def text_of(at: datetime) -> str:
    """Write a time in UTC with a `Z`; fractions of a second only where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def milliseconds_of(at: datetime) -> int:
    """Count whole milliseconds since 1970; the number behind epochs and versions."""
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def in_force[Time: (datetime, str)](at: Time, since: Time | None, until: Time | None) -> bool:
    """Return whether a time lies from `since` on and before `until`; None leaves that end open."""
    return (since is None or since <= at) and (until is None or at < until)


def overlap[Time: (datetime, str)](
    one: tuple[Time | None, Time | None], other: tuple[Time | None, Time | None]
) -> bool:
    """Return whether two spans (since, until) have a moment in common; None leaves an end open."""
    (since, until), (since_too, until_too) = one, other
    ended = until is not None and since_too is not None and until <= since_too
    return not ended and not (until_too is not None and since is not None and until_too <= since)


def slot_of(at: datetime) -> Slot:
    """Return the 5-minute slot that a moment falls into; its start is inside, its end is not."""
    at = at.astimezone(UTC)
    return slot_at(hour_of(at), at.minute)


def slot_at(hour: Hour, minute: int) -> Slot:
    """Return the slot of an hour that a minute of it (0 to 59) falls into."""
    return Slot(f"{hour}:{minute - minute % SLOT_MINUTES:02d}")


def hour_of(at: datetime) -> Hour:
    """Return the UTC hour that a moment falls into."""
    return Hour(at.astimezone(UTC).isoformat()[:13])


def hour_of_slot(slot: Slot) -> Hour:
    """Return the hour a slot belongs to."""
    return Hour(slot[:13])


def part_of(at: datetime) -> Part:
    """Return the part of an hour that a moment falls into."""
    return part_at(hour_of(at), at.minute)


def part_at(hour: Hour, minute: int) -> Part:
    """Return the part of an hour that a minute of it (0 to 59) falls into."""
    if minute < EDGE_MINUTES:
        return Part(f"{hour}:00")
    return Part(f"{hour}:{EDGE_MINUTES if minute < 60 - EDGE_MINUTES else 60 - EDGE_MINUTES}")


def hour_of_part(part: Part) -> Hour:
    """Return the hour that a part belongs to."""
    return Hour(part[:13])


def slots_of_part(part: Part) -> tuple[Slot, ...]:
    """Return the slots of a part."""
    hour = hour_of_part(part)
    minutes = range(0, 60, SLOT_MINUTES)
    return tuple(Slot(f"{hour}:{at:02d}") for at in minutes if part_at(hour, at) == part)


def beside(part: Part) -> Hour | None:
    """Return the neighbouring hour that a part is the edge to; None for the middle of an hour."""
    first, last = edges_of(hour_of_part(part))
    if part == first:
        return hour_after(hour_of_part(part), -1)
    return hour_after(hour_of_part(part)) if part == last else None


def edges_of(hour: Hour) -> tuple[Part, Part]:
    """Return the first and the last part of an hour."""
    return part_at(hour, 0), part_at(hour, 59)


def edges_around(hour: Hour) -> tuple[Part, Part]:
    """Return the last part of the hour before, and the first part of the hour after."""
    before, after = neighbours(hour)
    return edges_of(before)[1], edges_of(after)[0]


def day_of(period: Slot | Hour) -> Day:
    """Return the UTC day a slot or an hour belongs to."""
    return Day(period[:10])


def month_of(period: Slot | Hour | Day) -> Month:
    """Return the UTC month a slot, an hour or a day belongs to."""
    return Month(period[:7])


@lru_cache(maxsize=16_384)  # The same few periods are asked for all the time.
def start_of(period: Slot | Hour | Day | Month) -> datetime:
    """Return the first moment of a period; ValueError when the text names none."""
    shapes = {16: "%Y-%m-%dT%H:%M", 13: "%Y-%m-%dT%H", 10: "%Y-%m-%d", 7: "%Y-%m"}
    shape = shapes.get(len(period))
    if shape is None:
        raise ValueError(f"{period!r} is not a slot, hour, day or month such as 2026-11-21T05")
    return datetime.strptime(period, shape).replace(tzinfo=UTC)


def end_of_hour(hour: Hour) -> datetime:
    """Return the first moment after an hour."""
    return start_of(hour) + ONE_HOUR


def hour_after(hour: Hour, hours: int = 1) -> Hour:
    """Return the hour so many hours later (earlier when negative)."""
    return hour_of(start_of(hour) + hours * ONE_HOUR)


def neighbours(hour: Hour) -> tuple[Hour, Hour]:
    """Return the hour before and the hour after."""
    return hour_after(hour, -1), hour_after(hour)


def hours_between(first: Hour, last: Hour) -> Iterator[Hour]:
    """Walk the hours from the first, which is included, to the last, which is not."""
    at, end = start_of(first), start_of(last)
    while at < end:
        yield hour_of(at)
        at += ONE_HOUR


def hours_of(day: Day) -> tuple[Hour, ...]:
    """Return the 24 hours of a UTC day."""
    return tuple(Hour(f"{day}T{hour:02d}") for hour in range(24))


def days_of(month: Month) -> tuple[Day, ...]:
    """Return the days of a month."""
    at, days = start_of(month), []
    while (day := Day(f"{at:%Y-%m-%d}"))[:7] == month:
        days.append(day)
        at += ONE_DAY
    return tuple(days)
