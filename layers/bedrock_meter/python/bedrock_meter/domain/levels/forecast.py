"""Forecasts: when a budget is used up at the current pace, and what the month will cost."""

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from math import isqrt
from typing import NamedTuple

from bedrock_meter.domain.levels.inputs import MINUTE, SignalInputs
from bedrock_meter.domain.levels.level import Thresholds
from bedrock_meter.domain.levels.reading import Reading, dollars, percent, readings_at
from bedrock_meter.domain.time.days import ENOUGH_DAYS, Days
from bedrock_meter.domain.time.hours import ONE_DAY, ONE_HOUR, start_of
from bedrock_meter.domain.time.period import Period

RUNS = 3 * ONE_HOUR

# Thresholds of exhaustion, in millionths of what is left of a budget that one more hour takes.
HALF_AN_HOUR, TWO_HOURS, SIX_HOURS, A_WEEK = 2_000_000, 500_000, 166_667, 5_952
# Red within half an hour: log objects arrive minutes late, so more is spent than is known.
IMMINENT = Thresholds(None, None, HALF_AN_HOUR)
# Orange when most of the last hour was like this: a burst of some minutes is no pace.
SUSTAINED = {"day": Thresholds(), "month": Thresholds(None, SIX_HOURS, None)}
# Earlier when that pace is also far above what is usual, or would use up a whole budget soon.
RUNAWAY = {"day": Thresholds(None, TWO_HOURS, None), "month": Thresholds(None, A_WEEK, None)}
ABOVE_EVER = 4500  # Per mille of what the same hours never exceeded so far.
WHOLE_BUDGET_HOURS = {"day": 2, "month": 36}
NEW_TENANT_HOURS = 72  # Less than a week is known: the budget must support what the past says.

MONTH_END = Thresholds(1000, None, None)


def valid_until(now: datetime, end: datetime) -> datetime:
    """Return how long a forecast lasts without new data: three full runs, within the period."""
    return min(now.replace(minute=0, second=0, microsecond=0) + ONE_HOUR + RUNS, end)


def exhaustion_readings(inputs: SignalInputs) -> Iterator[Reading]:
    """Compare how soon each budget is used up if the last hour goes on."""
    if not inputs.plan.forecast:
        return
    for period, used, budget in (
        (inputs.day, inputs.day_cost, inputs.plan.day.cost),
        (inputs.month, inputs.month_cost, inputs.plan.month.cost),
    ):
        if budget is not None and period is not None:
            rest = max(1, budget - used)
            thresholds = (RUNAWAY if _runs_away(inputs, period, budget) else SUSTAINED)[period.name]
            for hourly, limits in ((inputs.burst, IMMINENT), (inputs.sustained, thresholds)):
                yield from _at_pace(inputs, period, rest, hourly, limits)


def _runs_away(inputs: SignalInputs, period: Period, budget: int) -> bool:
    """Return whether a lasting pace is explained neither by the past nor by the budget's size."""
    if inputs.sustained * WHOLE_BUDGET_HOURS[period.name] >= budget:
        return True
    past = inputs.baseline
    if past is None or inputs.ever is None or inputs.sustained * 1000 < ABOVE_EVER * inputs.ever:
        return False
    return past.weeks > 0 or inputs.sustained * NEW_TENANT_HOURS >= budget


def _at_pace(
    inputs: SignalInputs, period: Period, rest: int, hourly: int, thresholds: Thresholds
) -> Iterator[Reading]:
    # What cannot be used up before the period ends needs no forecast.
    if not hourly or hourly * ((period.end - inputs.now) // MINUTE) < rest * 60:
        return
    yield from readings_at(
        f"{period.name}_exhaustion",
        hourly * 1_000_000 // rest,
        thresholds,
        inputs.plan.margin,
        reason=lambda: (
            f"budget of the {period.name} used up in {span(rest * 60 // hourly)} at this pace"
            f" ({dollars(hourly)} an hour, {dollars(rest)} left)"
        ),
        held_at=inputs.now,
        ends_at=valid_until(inputs.now, period.end),
        fades=True,
    )


class MonthEnd(NamedTuple):
    """What the month will cost, in attodollars: expected, and a lower bound (two sigma below)."""

    expected: int
    at_least: int
    growing: bool


def month_end_readings(inputs: SignalInputs) -> Iterator[Reading]:
    """Compare the month's lower bound with its budget.

    Nothing until a week of days is known. Yellow at most: nothing is wrong today.
    """
    month, budget, baseline = inputs.month, inputs.plan.month.cost, inputs.baseline
    if not (inputs.plan.forecast and budget and month and baseline):
        return
    if baseline.days.known < ENOUGH_DAYS:
        return
    end = month_end_for(inputs.month_cost, baseline.days, inputs.now, month.end)
    yield from readings_at(
        "month_end",
        end.at_least * 1000 // budget,
        MONTH_END,
        inputs.plan.margin,
        reason=lambda: _month_end_text(end, budget),
        held_at=inputs.now,
        ends_at=valid_until(inputs.now, month.end),
        fades=False,
    )


def _month_end_text(end: MonthEnd, budget: int) -> str:
    how = "growing steadily" if end.growing else "at the pace of the last weeks"
    share = percent(end.expected * 1000 // budget)
    return f"month will end at {share} of its budget, {how} ({dollars(end.expected)})"


def month_end_for(used: int, days: Days, now: datetime, end: datetime) -> MonthEnd:
    """Add the remaining days to what is used: each as usual for its weekday, plus the trend."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    rest = _part(days, today, now, end) + _from(today + ONE_DAY, days, end)
    count = -((today - end) // ONE_DAY)
    sigma = days.sigma * isqrt(count * 10_000) // 100
    return MonthEnd(used + rest, used + max(0, rest - 2 * sigma), days.growth > 0)


@lru_cache(maxsize=1024)  # The same all day long, and a tenant is assessed every few minutes.
def _from(day: datetime, days: Days, end: datetime) -> int:
    """Return what the days from one on cost, up to the end of the month."""
    cost = 0
    while day < end:
        cost, day = cost + _part(days, day, day, end), day + ONE_DAY
    return cost


def _part(days: Days, day: datetime, begin: datetime, end: datetime) -> int:
    """Return what a day costs from a moment in it on, up to the end of the month."""
    left = (min(day + ONE_DAY, end) - begin) // MINUTE
    return _expected(days, day) * left // (24 * 60)


def _expected(days: Days, at: datetime) -> int:
    """Return what a future day costs: its weekday's usual, and a week's growth per week ahead.

    Growth is added, never compounded.
    """
    usual = days.usual[at.weekday()]
    if not days.growth or days.last is None:
        return usual
    ahead = (at - start_of(days.last)) // ONE_DAY
    weeks = (ahead + 6) // 7
    return usual + days.growth * weeks // 7


def span(minutes: int) -> str:
    """Format a span of minutes in the unit a person would choose."""
    if minutes < 120:
        return f"{minutes} minutes"
    tenths = minutes // 6 if minutes < 48 * 60 else minutes // 144
    return f"{tenths // 10}.{tenths % 10} {'hours' if minutes < 48 * 60 else 'days'}"
