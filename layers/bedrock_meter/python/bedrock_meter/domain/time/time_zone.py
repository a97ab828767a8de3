"""Time zones of budget days: named ones and fixed offsets, on quarters of an hour."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

_OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")
_QUARTER = timedelta(minutes=15)
_YEARS = range(2024, 2038)


@lru_cache(maxsize=64)
def zone_of(name: str) -> tzinfo:
    """Return the zone that `UTC`, `Europe/Berlin` or `+05:30` names.

    ValueError, in words for the person who wrote it, when there is none, or when its offset is not
    a multiple of 15 minutes: a budget day must begin where a slot begins.
    """
    zone = _fixed(name) or _named(name)
    moments = (datetime(year, month, 1, tzinfo=UTC) for year in _YEARS for month in (1, 4, 7, 10))
    offsets = (at.astimezone(zone).utcoffset() or timedelta() for at in moments)
    if any(offset % _QUARTER for offset in offsets):
        raise ValueError(f"the offset of {name!r} is not a multiple of 15 minutes")
    return zone


def _fixed(name: str) -> tzinfo | None:
    if name == "UTC":
        return UTC
    match = _OFFSET.fullmatch(name)
    if match is None:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    if offset > timedelta(hours=14) or int(match[3]) > 59:
        raise ValueError(f"{name!r} is further from UTC than any place")
    return timezone(-offset if match[1] == "-" else offset)


def _named(name: str) -> tzinfo:
    # Imported where a policy needs it: nearly all say UTC, and a cold start does not wait for it.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone") from error
