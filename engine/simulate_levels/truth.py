"""The truth about a month, from its series alone: nothing of the meter is used here."""

from dataclasses import dataclass
from statistics import median

from engine.simulate_levels.month import Month

RUNAWAY_TIMES = 20
ENOUGH_HOURS = 12
A_DAY = 1440
A_WEEK = 7 * A_DAY


@dataclass(frozen=True)
class Truth:
    """What really happened. Minutes of the month; None: never.

    `over_by_tenth`: when a budget was exceeded by a tenth, after a runaway began. `month_over`:
    when the budget of the month was exceeded. `days_over`: the days whose budget was exceeded.
    """

    runaway_from: int | None
    over_by_tenth: int | None
    month_over: int | None
    days_over: frozenset[int]

    def justified(self, minute: int) -> bool:
        """Return whether an alarm was right: that day's budget, or the month's within a week, fell.

        A tenant that stays within its budgets has no justified alarm from any signal.
        """
        month = self.month_over is not None and self.month_over <= minute + A_WEEK
        return month or minute // A_DAY in self.days_over


def truth_of(month: Month) -> Truth:
    """Add up what was really used."""
    start = month.runaway_from
    if start is None and not month.kind:
        start = _runaway_in(month)
    total, day, over, month_over, days_over = 0.0, 0.0, None, None, set()
    for minute, cost in enumerate(month.cost):
        day = cost if minute % A_DAY == 0 else day + cost
        total += cost
        shares = _share(total, month.budget_month), _share(day, month.budget_day)
        if shares[0] > 1 and month_over is None:
            month_over = minute
        if shares[1] > 1:
            days_over.add(minute // A_DAY)
        if over is None and max(shares) > 1.1 and (start is None or minute >= start):
            over = minute
    return Truth(start, over, month_over, frozenset(days_over))


def _share(used: float, budget: float | None) -> float:
    if budget is None:
        return 0.0
    return used / budget if budget else float(used > 0) * 2


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
