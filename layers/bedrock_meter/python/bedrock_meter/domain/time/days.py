"""Days: what a tenant's days usually cost, by weekday, and whether they grow."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median_low

from bedrock_meter.domain.time.hours import Day, start_of

WEEK = 7
SAME_WEEKDAYS = 4
ENOUGH_DAYS = WEEK
"""So many whole days must be known before anything is said about a month."""
MAD_TO_SIGMA = 1483  # per mille: the spread of a bell curve is 1.483 × its median deviation.


@dataclass(frozen=True, slots=True)
class Days:
    """A tenant's whole UTC days, in attodollars.

    `known` counts them, `last` is the latest. `usual` is what each weekday costs, Monday first;
    `sigma` how far a day is off that. `growth` is by how much the last week exceeds the week
    before, when it grows steadily; 0 when it does not.
    """

    known: int
    last: Day | None
    usual: tuple[int, ...]
    sigma: int
    growth: int


NO_DAYS = Days(0, None, (), 0, 0)


def days_for(costs: Mapping[Day, int]) -> Days:
    """Derive what is usual from the costs of whole days that follow each other."""
    if not costs:
        return NO_DAYS
    ranked = sorted(costs.items())
    amounts = [cost for _, cost in ranked]
    by_weekday: list[list[int]] = [[] for _ in range(WEEK)]
    for day, cost in ranked:
        by_weekday[start_of(day).weekday()].append(cost)
    growth = _growth(amounts)
    lately = _middle(amounts[-WEEK:])
    usual = tuple(_usual(same, lately, growing=growth > 0) for same in by_weekday)
    off = _off_line(amounts, growth) if growth else _off_usual(by_weekday)
    return Days(
        known=len(ranked),
        last=ranked[-1][0],
        usual=usual,
        sigma=MAD_TO_SIGMA * _middle(off) // 1000,
        growth=growth,
    )


def _usual(same: list[int], lately: int, *, growing: bool) -> int:
    """Of days of one weekday: the middle one; the latest when the tenant grows."""
    if growing:
        return same[-1]
    return _middle(same[-SAME_WEEKDAYS:]) if len(same) > 1 else lately


def _growth(amounts: list[int]) -> int:
    """Return steady growth: six of the last seven days above the same day a week before; or 0."""
    if len(amounts) < 2 * WEEK:
        return 0
    last, before = amounts[-WEEK:], amounts[-2 * WEEK : -WEEK]
    rising = sum(later > earlier for earlier, later in zip(before, last, strict=True))
    return max(0, sum(last) - sum(before)) if rising >= WEEK - 1 else 0


def _off_usual(by_weekday: list[list[int]]) -> list[int]:
    return [abs(cost - _middle(same)) for same in by_weekday for cost in same]


def _off_line(amounts: list[int], growth: int) -> list[int]:
    """Of a tenant that grows: how far each day is off last week's, plus a day's part of growth."""
    pairs = zip(amounts[-2 * WEEK : -WEEK], amounts[-WEEK:], strict=True)
    return [abs(later - earlier - growth // WEEK) for earlier, later in pairs]


def _middle(values: list[int]) -> int:
    return median_low(values) if values else 0
