"""The cast: 200 seeded tenants of eight kinds. Not gentle.

Every kind is noisy: each minute (coefficient of variation 0.8), each hour (0.5) and each day (0.25)
has its own factor. Budgets are 1.1 to 2 times what the tenant would use in the month by itself; one
that grows has a budget as if it did not, and outgrows it.
A runaway is one of the other kinds that, from a random minute on, uses 20 to 60 times the median of
its own active minutes, around the clock.
"""

import math
import random
from array import array
from collections.abc import Callable

from engine.simulate_levels.month import DAYS, MINUTES, Month

KINDS = ("steady", "growing", "office", "weekend", "spiky", "runaway", "new", "quiet")
MINUTE_CV, HOUR_CV, DAY_CV = 0.8, 0.5, 0.25


def tenant_of(seed: int, number: int) -> Month:
    """Return one tenant; the same for the same seed and number."""
    rng = random.Random(f"{seed}/{number}")
    kind = KINDS[number % len(KINDS)]
    base = kind if kind != "runaway" else rng.choice(("steady", "office", "weekend", "spiky"))
    cost = _noisy(rng, _shape(base, rng), 10 ** rng.uniform(-4, -1))
    if base == "spiky":
        _spikes(rng, cost)
    expected = sum(cost) if base != "growing" else DAYS * sum(cost[: 7 * 1440]) / 7
    budget = expected * rng.uniform(1.1, 2.0)
    day = _largest_day(cost) * rng.uniform(1.5, 2.0) if rng.random() < 0.3 else None
    month = Month(f"{kind}-{number:03d}", kind, cost, budget, day)
    if kind == "runaway":
        _run_away(rng, month)
    return month


def _shape(kind: str, rng: random.Random) -> Callable[[int], float]:
    """Return what is expected at a minute of the month, 1 being usual."""
    if kind == "office":
        return lambda at: 1.0 if _weekday(at) < 5 and 8 * 60 <= at % 1440 < 18 * 60 else 0.02
    if kind == "weekend":
        return lambda at: 1.0 if _weekday(at) >= 5 else 0.05
    if kind == "growing":
        growth = rng.uniform(0.02, 0.06)
        return lambda at: (1 + growth) ** (at / 1440) * _by_day(at)
    if kind == "new":
        first = rng.randrange(MINUTES // 2)
        return lambda at: 0.0 if at < first else _by_day(at)
    if kind == "quiet":
        last = rng.randrange(MINUTES // 4, MINUTES)
        return lambda at: _by_day(at) if at < last else 0.0
    return _by_day


def _weekday(at: int) -> int:
    return at // 1440 % 7


def _by_day(at: int) -> float:
    return 1 + 0.5 * math.sin(2 * math.pi * (at % 1440 / 1440 - 0.35))


def _noisy(rng: random.Random, shape: Callable[[int], float], scale: float) -> array:  # type: ignore[type-arg]
    cost = array("d", bytes(8 * MINUTES))
    for day in range(DAYS):
        of_day = _factor(rng, DAY_CV)
        for hour in range(24):
            of_hour = scale * of_day * _factor(rng, HOUR_CV)
            first = day * 1440 + hour * 60
            for at in range(first, first + 60):
                expected = shape(at)
                if expected:
                    cost[at] = expected * of_hour * _factor(rng, MINUTE_CV)
    return cost


def _factor(rng: random.Random, cv: float) -> float:
    """Draw a factor of mean 1 with a coefficient of variation."""
    sigma = math.sqrt(math.log(1 + cv * cv))
    return rng.lognormvariate(-sigma * sigma / 2, sigma)


def _spikes(rng: random.Random, cost: array) -> None:  # type: ignore[type-arg]
    """Ten times a week, five to thirty minutes at five to fifteen times the usual."""
    for _ in range(DAYS * 10 // 7):
        first, times = rng.randrange(MINUTES - 30), rng.uniform(5, 15)
        for at in range(first, first + rng.randrange(5, 31)):
            cost[at] *= times


def _run_away(rng: random.Random, month: Month) -> None:
    active = sorted(cost for cost in month.cost if cost)
    pace = active[len(active) // 2] * rng.uniform(20, 60)
    month.runaway_from = rng.randrange(MINUTES)
    for at in range(month.runaway_from, MINUTES):
        month.cost[at] = max(month.cost[at], pace * _factor(rng, MINUTE_CV))


def _largest_day(cost: array) -> float:  # type: ignore[type-arg]
    return max(sum(cost[day * 1440 : (day + 1) * 1440]) for day in range(DAYS))
