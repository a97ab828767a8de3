"""Forecasts: when a budget is used up at the present pace, and what the month will come to."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import isqrt
from typing import NamedTuple

from bedrock_meter.domain.baseline import MAD_TO_SIGMA, Baseline, median
from bedrock_meter.domain.hours import ONE_DAY, ONE_HOUR, Day, hour_of, start_of
from bedrock_meter.domain.level import Steps
from bedrock_meter.domain.pace import recent, slot_cost
from bedrock_meter.domain.period import Period, day_at, month_at
from bedrock_meter.domain.plan import Plan
from bedrock_meter.domain.share import counted
from bedrock_meter.domain.signal import Reading, dollars, percent, reading_for
from bedrock_meter.domain.spend import Spend

ENOUGH_DAYS = 7
RUNS = 3 * ONE_HOUR
MINUTE = timedelta(minutes=1)

# Hours until a budget is used up, as thousandths of the rest that one more hour takes: a day is
# 1000 // 24. Red within the hour: log objects arrive minutes late, so what is spent is more than
# what is known.
IMMINENT = Steps(None, 1000 // 24, 1000)
# The same when the pace is also far above what is usual for the tenant: a week is enough warning.
UNUSUAL = Steps(None, 1000 // (7 * 24), 1000 // 4)
FAR_ABOVE_USUAL = 3

MONTH_END = Steps(1000, None, None)
SURE_MONTH_END = Steps(None, 1000, None)


def valid_until(now: datetime, end: datetime) -> datetime:
    """Say until when a forecast stands without news: three full runs, at most the period's end."""
    return min(start_of(hour_of(now)) + ONE_HOUR + RUNS, end)


def exhaustion_readings(
    spend: Spend, plan: Plan, baseline: Baseline | None, now: datetime
) -> Iterator[Reading]:
    """Read how soon each budget is used up if the last hour goes on."""
    day_cost, month_cost = counted(spend, plan)
    day, month = day_at(spend.as_of, plan.time_zone), month_at(spend.as_of, plan.time_zone)
    for period, used, budget in (
        (day, day_cost, plan.day.cost),
        (month, month_cost, plan.month.cost),
    ):
        if budget is not None and period.holds(now):
            rest = max(1, budget - used)
            reading = _exhaustion(spend, plan, baseline, now, period, rest)
            if reading:
                yield reading


def _exhaustion(
    spend: Spend,
    plan: Plan,
    baseline: Baseline | None,
    now: datetime,
    period: Period,
    rest: int,
) -> Reading | None:
    hourly, usual = hourly_pace(spend, plan, now), usual_now(spend, baseline)
    # What cannot be used up before the period ends needs no forecast.
    if not hourly or hourly * ((period.end - now) // MINUTE) < rest * 60:
        return None
    unusual = usual is not None and hourly >= FAR_ABOVE_USUAL * usual
    minutes = rest * 60 // hourly
    return reading_for(
        f"{period.name}_exhaustion",
        hourly * 1000 // rest,
        UNUSUAL if unusual else IMMINENT,
        plan.margin,
        reason=(
            f"budget of the {period.name} used up in {span(minutes)} at this pace"
            f" ({dollars(hourly)} an hour, {dollars(rest)} left)"
        ),
        held_at=now,
        ends_at=valid_until(now, period.end),
        fades=True,
    )


def hourly_pace(spend: Spend, plan: Plan, now: datetime) -> int:
    """Give the cost of an hour at the pace of the last hour, or of its second half if higher."""
    hour = sum(slot_cost(use, plan) for use in recent(spend, now, ONE_HOUR))
    half = sum(slot_cost(use, plan) for use in recent(spend, now))
    return max(hour, 2 * half)


def usual_now(spend: Spend, baseline: Baseline | None) -> int | None:
    """Give what is usual at the most in the hour before `data_up_to`; None if not known."""
    return baseline.usual_at(spend.data_up_to - MINUTE) if baseline else None


class MonthEnd(NamedTuple):
    """What the month will come to, in attodollars: expected, and with little doubt at least."""

    expected: int
    at_least: int
    growing: bool


def month_end_readings(
    spend: Spend, plan: Plan, baseline: Baseline | None, now: datetime
) -> Iterator[Reading]:
    """Read whether the month will exceed its budget; silent until a week of days is known."""
    month, budget = month_at(spend.as_of, plan.time_zone), plan.month.cost
    if not budget or baseline is None or len(baseline.days) < ENOUGH_DAYS or not month.holds(now):
        return
    used = counted(spend, plan)[1]
    end = month_end_for(used, baseline, now, month.end)
    share = end.expected * 1000 // budget
    how = "growing steadily" if end.growing else "at the pace of the last weeks"
    reason = f"month will end at {percent(share)} of its budget, {how} ({dollars(end.expected)})"
    for value, steps in ((share, MONTH_END), (end.at_least * 1000 // budget, SURE_MONTH_END)):
        if steps is SURE_MONTH_END and used * 2 < budget:
            continue
        reading = reading_for(
            "month_end",
            value,
            steps,
            plan.margin,
            reason=reason,
            held_at=now,
            ends_at=valid_until(now, month.end),
            fades=False,
        )
        if reading:
            yield reading


def month_end_for(used: int, baseline: Baseline, now: datetime, end: datetime) -> MonthEnd:
    """Add to what is used the days that remain, each as usual for its weekday, and the trend."""
    costs = [cost for _, cost in baseline.days]
    growing = _grows(costs)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rest, days, at = 0, 0, today
    while at < end:
        left = min(ONE_DAY, end - at) - (now - at if at == today else timedelta())
        expected = _day_cost(baseline.days, at, growing)
        rest += expected * (left // MINUTE) // (24 * 60)
        days, at = days + 1, at + ONE_DAY
    sigma = _spread(baseline.days) * isqrt(days * 10_000) // 100
    return MonthEnd(used + rest, used + max(0, rest - 2 * sigma), growing)


def _day_cost(days: Sequence[tuple[Day, int]], at: datetime, growing: bool) -> int:
    same = [cost for day, cost in days if start_of(day).weekday() == at.weekday()][-4:]
    if growing:
        last, before = sum(c for _, c in days[-7:]), sum(c for _, c in days[-14:-7])
        ahead = (at - start_of(days[-1][0])) // ONE_DAY
        # One step of last week's growth for each week ahead, added, never compounded.
        return same[-1] + max(0, last - before) * (ahead + 6) // 49
    return median(same) if len(same) > 1 else median([cost for _, cost in days[-7:]])


def _grows(costs: Sequence[int]) -> bool:
    """Tell steady growth: six of the last seven days above the same day of the week before."""
    if len(costs) < 2 * ENOUGH_DAYS:
        return False
    pairs = zip(costs[-14:-7], costs[-7:], strict=True)
    return sum(later > earlier for earlier, later in pairs) >= 6


def _spread(days: Sequence[tuple[Day, int]]) -> int:
    off = [
        abs(cost - median([c for d, c in days if start_of(d).weekday() == start_of(day).weekday()]))
        for day, cost in days
    ]
    return MAD_TO_SIGMA * median(off) // 1000


def span(minutes: int) -> str:
    """Say a span of minutes in the unit a person would choose."""
    if minutes < 120:
        return f"{minutes} minutes"
    tenths = minutes // 6 if minutes < 48 * 60 else minutes // 144
    return f"{tenths // 10}.{tenths % 10} {'hours' if minutes < 48 * 60 else 'days'}"
