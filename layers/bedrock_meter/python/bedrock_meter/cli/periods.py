"""Hours, days and months as a person names them on the command line, in UTC."""

from __future__ import annotations

from bedrock_meter.cli.output import refuse
from bedrock_meter.domain.time.hours import (
    Day,
    Hour,
    day_of,
    days_of,
    hour_after,
    hour_of,
    hours_between,
    hours_of,
    month_of,
    start_of,
)


def first_hour(option: str, text: str) -> Hour:
    """Return the first hour of what an option names."""
    hour = _hour_in(text)
    if hour is None:
        refuse(f"{option}: {text!r} is not an hour, day or month such as 2026-11-21T05 (in UTC)")
    return hour


def hour_past(option: str, text: str) -> Hour:
    """Return the first hour after what an option names: `--to 2026-11-21` includes that day."""
    first = first_hour(option, text)
    if len(text) == len("2026-11"):
        return hour_after(hours_of(days_of(month_of(first))[-1])[-1])
    return hour_after(hours_of(day_of(first))[-1] if len(text) == len("2026-11-21") else first)


def one_hour(name: str, text: str) -> Hour:
    """Return the hour that a person names; days and months will not do."""
    hour = _hour_in(text)
    if hour is None or hour != text:
        refuse(f"{name}: {text!r} is not an hour such as 2026-11-21T05 (in UTC)")
    return hour


def one_day(name: str, text: str) -> Day:
    """Return the day that a person names; hours and months will not do."""
    hour = _hour_in(text)
    if hour is None or day_of(hour) != text:
        refuse(f"{name}: {text!r} is not a day such as 2026-11-21 (in UTC)")
    return day_of(hour)


def _hour_in(text: str) -> Hour | None:
    """Return the first hour of the hour, day or month that a text names, if it names one."""
    try:
        return hour_of(start_of(Hour(text)))
    except ValueError:
        return None


def days_between(first: Hour, past: Hour) -> list[Day]:
    """Return the days that a range of hours touches."""
    return list(dict.fromkeys(map(day_of, hours_between(first, past))))


def range_of(first: str, last: str) -> tuple[Hour, Hour]:
    """Return the hours from `--from`, included, to the end of `--to`."""
    begin, past = first_hour("--from", first), hour_past("--to", last)
    if past <= begin:
        refuse(f"--to: {last} is before --from {first}")
    return begin, past
