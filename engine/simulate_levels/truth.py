"""The truth about a month, from the series alone: nothing of the meter is used here."""

from dataclasses import dataclass
from statistics import median

from engine.simulate_levels.month import Month

RUNAWAY_TIMES = 20
ENOUGH_HOURS = 12


@dataclass(frozen=True)
class Truth:
    """Minutes of the month; None: never. `justified(minute)`: a budget was nearly used up."""

    runaway_from: int | None
    over_by_tenth: int | None
    nearly_used: frozenset[int]
    overspent: bool

    def justified(self, minute: int) -> bool:
        """Tell whether somebody had to be warned: 80 % used by then, or overspent in the end."""
        return self.overspent or minute in self.nearly_used


def truth_of(month: Month) -> Truth:
    """Add up what was really used."""
    start = month.runaway_from
    if start is None and not month.kind:
        start = _runaway_in(month)
    total, day, over, overspent, nearly = 0.0, 0.0, None, False, set()
    for minute, cost in enumerate(month.cost):
        day = cost if minute % 1440 == 0 else day + cost
        total += cost
        for used, budget in ((total, month.budget_month), (day, month.budget_day)):
            if budget is None:
                continue
            if used >= 0.8 * budget:
                nearly.add(minute)
            overspent = overspent or used > budget
            if over is None and used > 1.1 * budget and (start is None or minute >= start):
                over = minute
    return Truth(start, over, frozenset(nearly), overspent)


def _runaway_in(month: Month) -> int | None:
    """Find the first minute from which an hour costs twenty times the median hour before it.

    Hours without use do not count; half a day of them must have been seen.
    """
    before: list[float] = []
    for first in range(0, len(month.cost) - 59, 60):
        if len(before) >= ENOUGH_HOURS:
            line = RUNAWAY_TIMES * median(before)
            for start in range(first - 55, first + 5, 5):
                if sum(month.cost[start : start + 60]) >= line:
                    return start
        hour = sum(month.cost[first : first + 60])
        if hour:
            before.append(hour)
    return None
