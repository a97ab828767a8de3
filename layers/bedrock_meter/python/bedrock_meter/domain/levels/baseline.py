"""Baselines: what is usual for a tenant, derived from its own closed hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median_low

from bedrock_meter.domain.time.days import MAD_TO_SIGMA, NO_DAYS, Days, days_for
from bedrock_meter.domain.time.hours import Day, Hour, day_of, hours_between, start_of

WEEKS = 5
HOURS_OF_WEEK = 168
ENOUGH_WEEKS = 3
ENOUGH_HOURS = 24
"""How many hours with use must be known before anything is called unusual."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A tenant's past; `up_to` is the first hour that is not in it.

    `usual` and `ever` are by hour of the week, Monday 00 UTC first, in attodollars: what such an
    hour usually costs at most, and what it has never exceeded. Empty: too little is known.
    `weeks` is the number of whole weeks known, `days` what whole days cost.
    """

    up_to: Hour
    weeks: int
    usual: tuple[int, ...]
    ever: tuple[int, ...]
    days: Days

    def usual_at(self, at: datetime) -> int | None:
        """Return what the hour of a moment usually costs at most; None when not known."""
        return self.usual[hour_of_week(at)] if self.usual else None

    def ever_at(self, at: datetime) -> int | None:
        """Return what hours like the one of a moment have never exceeded; None when not known."""
        return self.ever[hour_of_week(at)] if self.ever else None


def hour_of_week(at: datetime) -> int:
    """Return the number of the UTC hour within its week; Monday 00 is 0."""
    return at.weekday() * 24 + at.hour


def baseline_for(costs: Mapping[Hour, int], up_to: Hour) -> Baseline:
    """Return the baseline of the closed hours of the last five weeks; missing hours cost nothing.

    The weeks before a tenant's first hour with use are unknown, not zero.
    """
    used = sorted(hour for hour, cost in costs.items() if cost and hour < up_to)
    if not used:
        return Baseline(up_to, 0, (), (), NO_DAYS)
    by_place: list[list[int]] = [[] for _ in range(HOURS_OF_WEEK)]
    days: dict[Day, int] = {}
    for hour in hours_between(used[0], up_to):
        cost = costs.get(hour, 0)
        by_place[hour_of_week(start_of(hour))].append(cost)
        days[day_of(hour)] = days.get(day_of(hour), 0) + cost
    weeks = min(len(place) for place in by_place)
    high = _high(sorted(costs[hour] for hour in used))
    enough = len(used) >= ENOUGH_HOURS
    return Baseline(
        up_to=up_to,
        weeks=weeks,
        usual=_usual(by_place, weeks, high) if enough else (),
        ever=_ever(by_place, weeks, high) if enough else (),
        days=days_for(_whole(days, used[0], up_to)),
    )


def _usual(by_place: list[list[int]], weeks: int, high: int) -> tuple[int, ...]:
    """Return median + 3 sigma, at least a quarter of `high`; `high` before three weeks are known.

    `high` is what one hour in twenty exceeds; without that minimum the smallest job would be
    unusual in a quiet night.
    """
    if not weeks:
        return ()
    if weeks < ENOUGH_WEEKS:
        return (high,) * HOURS_OF_WEEK
    medians = [_middle(place) for place in by_place]
    upper = [
        middle + 3 * MAD_TO_SIGMA * spread // 1000
        for middle, spread in zip(medians, _spreads(by_place, medians), strict=True)
    ]
    return tuple(max(high // 4, _around(upper, index)) for index in range(HOURS_OF_WEEK))


def _ever(by_place: list[list[int]], weeks: int, high: int) -> tuple[int, ...]:
    """Return the largest of the same hours, at least half of `high`.

    The same hours are those of the week; before three weeks those of every day; before one, all.
    """
    if not weeks:
        return (high,) * HOURS_OF_WEEK
    most = [max(place) for place in by_place]
    if weeks < ENOUGH_WEEKS:
        most = [max(most[index % 24 :: 24]) for index in range(HOURS_OF_WEEK)]
    return tuple(max(high // 2, _around(most, index)) for index in range(HOURS_OF_WEEK))


def _around(values: Sequence[int], index: int) -> int:
    # The neighbours too: clocks change, jobs start a few minutes early.
    return max(values[index - 1], values[index], values[(index + 1) % HOURS_OF_WEEK])


def _spreads(by_place: list[list[int]], medians: list[int]) -> list[int]:
    """Return the median deviation of each hour of the week, at least that of all hours together.

    A few weeks can agree by chance: an hour's own spread alone would be too small.
    """
    places = list(zip(by_place, medians, strict=True))
    own = [_middle([abs(cost - middle) for cost in costs]) for costs, middle in places]
    relative = [1000 * off // middle for off, middle in zip(own, medians, strict=True) if middle]
    usual = _middle(relative)
    return [max(off, middle * usual // 1000) for off, middle in zip(own, medians, strict=True)]


def _middle(values: Sequence[int]) -> int:
    return median_low(values) if values else 0


def _high(ranked: Sequence[int]) -> int:
    return ranked[len(ranked) - 1 - len(ranked) // 20]


def _whole(days: Mapping[Day, int], first: Hour, up_to: Hour) -> dict[Day, int]:
    begun = {day_of(up_to)} | ({day_of(first)} if first[11:] != "00" else set())
    return {day: cost for day, cost in days.items() if day not in begun}
