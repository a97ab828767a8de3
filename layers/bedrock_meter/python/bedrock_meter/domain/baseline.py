"""Baselines: what is usual for a tenant, derived from its own closed hours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median_low

from bedrock_meter.domain.days import MAD_TO_SIGMA, NO_DAYS, Days, days_for
from bedrock_meter.domain.hours import Day, Hour, day_of, hours_between, start_of

WEEKS = 5
HOURS_OF_WEEK = 168
ENOUGH_WEEKS = 3
ENOUGH_HOURS = 24
"""So many hours with use must be known before anything is called unusual."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A tenant's past, in attodollars; `up_to` is the first hour that is not in it.

    `medians`, `spreads` (median absolute deviation) and `most` (the largest) stand by hour of the
    week, Monday 00 UTC first, over `weeks` whole weeks; `high` is what one in twenty hours with use
    exceeds; `active` counts the hours with use; `days` tells what whole days cost.
    """

    up_to: Hour
    weeks: int
    active: int
    high: int
    medians: tuple[int, ...]
    spreads: tuple[int, ...]
    most: tuple[int, ...]
    days: Days

    def usual_at(self, at: datetime) -> int | None:
        """Give the upper end of what is usual in an hour; None while too little is known.

        With weeks enough: median + 3 sigma of that hour of the week, at least a quarter of `high`,
        so that a quiet night does not make the smallest job unusual. Before: `high`, once a whole
        week is known.
        """
        if self.active < ENOUGH_HOURS or not self.weeks:
            return None
        if self.weeks < ENOUGH_WEEKS:
            return self.high
        index = hour_of_week(at)
        # The neighbours too: clocks change, jobs start a few minutes early.
        around = (index - 1, index, (index + 1) % HOURS_OF_WEEK)
        return max(self.high // 4, *(self._upper(place) for place in around))

    def ever_at(self, at: datetime) -> int | None:
        """Give what this hour never exceeded so far, at least half of `high`; None for too little.

        With weeks enough: this hour of the week and its neighbours. After one week: this hour of
        every day. Before: any hour, once a day's worth of hours is known.
        """
        if self.active < ENOUGH_HOURS:
            return None
        if not self.weeks:
            return self.high
        index = hour_of_week(at)
        days = (0,) if self.weeks >= ENOUGH_WEEKS else range(7)
        places = (index + 24 * day + near for day in days for near in (-1, 0, 1))
        return max(self.high // 2, *(self.most[place % HOURS_OF_WEEK] for place in places))

    def _upper(self, index: int) -> int:
        return self.medians[index] + 3 * MAD_TO_SIGMA * self.spreads[index] // 1000


def hour_of_week(at: datetime) -> int:
    """Number the UTC hour within its week, Monday 00 being 0."""
    return at.weekday() * 24 + at.hour


def baseline_for(costs: Mapping[Hour, int], up_to: Hour) -> Baseline:
    """Derive a baseline from the closed hours of the last five weeks; hours left out cost nothing.

    The weeks before a tenant's first hour with use are unknown, not zero.
    """
    used = sorted(hour for hour, cost in costs.items() if cost and hour < up_to)
    if not used:
        return Baseline(up_to, 0, 0, 0, (), (), (), NO_DAYS)
    by_place: list[list[int]] = [[] for _ in range(HOURS_OF_WEEK)]
    days: dict[Day, int] = {}
    for hour in hours_between(used[0], up_to):
        cost = costs.get(hour, 0)
        by_place[hour_of_week(start_of(hour))].append(cost)
        days[day_of(hour)] = days.get(day_of(hour), 0) + cost
    medians = tuple(_middle(place) for place in by_place)
    spreads = _spreads(by_place, medians)
    return Baseline(
        up_to=up_to,
        weeks=min(len(place) for place in by_place),
        active=len(used),
        high=_high(sorted(costs[hour] for hour in used)),
        medians=medians,
        spreads=spreads,
        most=tuple(max(place, default=0) for place in by_place),
        days=days_for(_whole(days, used[0], up_to)),
    )


def _spreads(by_place: list[list[int]], medians: tuple[int, ...]) -> tuple[int, ...]:
    """Give the median deviation of each hour of the week, at least the usual one of all hours.

    A handful of weeks can agree by chance: one hour's own spread alone would be too small.
    """
    places = list(zip(by_place, medians, strict=True))
    own = [_middle([abs(cost - middle) for cost in costs]) for costs, middle in places]
    relative = [1000 * off // middle for off, middle in zip(own, medians, strict=True) if middle]
    usual = _middle(relative)
    return tuple(max(off, middle * usual // 1000) for off, middle in zip(own, medians, strict=True))


def _middle(values: Sequence[int]) -> int:
    return median_low(values) if values else 0


def _high(ranked: Sequence[int]) -> int:
    return ranked[len(ranked) - 1 - len(ranked) // 20]


def _whole(days: Mapping[Day, int], first: Hour, up_to: Hour) -> dict[Day, int]:
    begun = {day_of(up_to)} | ({day_of(first)} if first[11:] != "00" else set())
    return {day: cost for day, cost in days.items() if day not in begun}
