"""The way down, in words: at which value a signal stops holding a level."""

from collections.abc import Callable, Mapping

from bedrock_meter.domain.levels.forecast import span
from bedrock_meter.domain.levels.reading import Reading, dollars, percent, times
from bedrock_meter.domain.time.hours import SLOT_MINUTES

_A_MILLION_MINUTES = 60_000_000
"""An exhaustion value is how many millionths of the rest an hour takes; this ÷ value = minutes."""


def way_down(reading: Reading) -> str:
    """Return what ends the hold of a reading, for people: `… is below 72 % (now 85.2 %)`."""
    release = reading.limit * (100 - reading.margin) // 100
    if reading.signal in _LASTING:
        left, now = span(_minutes(release)), span(_minutes(reading.value))
        return (
            f"{_LASTING[reading.signal]} lasts longer than {left} at the current pace (now {now})"
        )
    what, shown = _BELOW.get(reading.signal, (reading.signal, str))
    return f"{what} below {shown(release)} (now {shown(reading.value)})"


def _minutes(value: int) -> int:
    return _A_MILLION_MINUTES // max(1, value)


def _a_minute(value: int) -> str:
    return str(value // SLOT_MINUTES)


_LASTING: Mapping[str, str] = {
    "day_exhaustion": "the day's budget",
    "month_exhaustion": "the month's budget",
}
_BELOW: Mapping[str, tuple[str, Callable[[int], str]]] = {
    "day_cost": ("the day's cost is", percent),
    "month_cost": ("the month's cost is", percent),
    "day_tokens": ("the day's tokens are", percent),
    "month_tokens": ("the month's tokens are", percent),
    "day_requests": ("the day's requests are", percent),
    "month_requests": ("the month's requests are", percent),
    "cost_5m": ("the cost of 5 minutes is", dollars),
    "tokens_per_minute": ("tokens per minute are", _a_minute),
    "requests_per_minute": ("requests per minute are", _a_minute),
    "month_end": ("the forecast for the month is", percent),
    "deviation": ("the last hour is", times),
    "errors": ("failed calls are", percent),
    "unpriced": ("tokens of today without a rate are", str),
}
