"""The truth about a month, from the series alone: nothing of the meter is used here."""

from dataclasses import dataclass
from statistics import median

from engine.simulate_levels.month import Month

RUNAWAY_TIMES = 20


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
    """Find the first hour that stays, for an hour, at twenty times the median of active minutes."""
    active = [cost for cost in month.cost if cost]
    if not active:
        return None
    line = RUNAWAY_TIMES * median(active)
    hours = range(0, len(month.cost) - 59, 5)
    return next((at for at in hours if median(month.cost[at : at + 60]) >= line), None)
