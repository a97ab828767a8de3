"""Shares: how much of a budget is used, and use that no rate could price."""

from collections.abc import Iterator
from datetime import datetime

from bedrock_meter.domain.level import Level, Steps
from bedrock_meter.domain.period import Period, day_at, month_at
from bedrock_meter.domain.plan import Budget, Plan
from bedrock_meter.domain.signal import Reading, dollars, percent, reading_for
from bedrock_meter.domain.spend import Spend


def counted(spend: Spend, plan: Plan) -> tuple[int, int]:
    """Give the cost of the day and of the month that levels go by, in attodollars.

    Tokens without a rate count at the plan's `assume_rate`, so that they cannot hide a runaway.
    """
    rate = plan.assume_rate or 0
    return (
        spend.day + rate * spend.unpriced_tokens_day,
        spend.month + rate * max(spend.unpriced_tokens_month, spend.unpriced_tokens_day),
    )


def share_readings(spend: Spend, plan: Plan, now: datetime) -> Iterator[Reading]:
    """Read the share of every budget; a period that is over at `now` contributes nothing."""
    day_cost, month_cost = counted(spend, plan)
    day, month = day_at(spend.as_of, plan.time_zone), month_at(spend.as_of, plan.time_zone)
    if day.holds(now):
        used = Budget(day_cost, spend.tokens_day, spend.requests_day)
        yield from _of_period(day, used, plan.day, plan, now)
    if month.holds(now):
        used = Budget(month_cost, spend.tokens_month, spend.requests_month)
        yield from _of_period(month, used, plan.month, plan, now)


def unpriced_readings(spend: Spend, plan: Plan, now: datetime) -> Iterator[Reading]:
    """Raise yellow while tokens of today have no rate: what they cost is not known."""
    day = day_at(spend.as_of, plan.time_zone)
    if spend.unpriced_tokens_day <= 0 or not day.holds(now):
        return
    reason = f"{spend.unpriced_tokens_day} tokens of today have no rate: their cost is not known"
    yield Reading(
        "unpriced",
        Level.YELLOW,
        Level.YELLOW,
        spend.unpriced_tokens_day,
        1,
        reason,
        held_at=now,
        ends_at=day.end,
        fades=False,
    )


def _of_period(
    period: Period, used: Budget, budget: Budget, plan: Plan, now: datetime
) -> Iterator[Reading]:
    kinds = (
        ("cost", used.cost, budget.cost),
        ("tokens", used.tokens, budget.tokens),
        ("requests", used.requests, budget.requests),
    )
    for kind, amount, limit in kinds:
        if limit is None or not amount:
            continue
        # Compared as amount × 1000 against budget × step: exact, without a division.
        reading = reading_for(
            f"{period.name}_{kind}",
            amount * 1000,
            plan.share.times(limit),
            plan.margin,
            reason=_reason(period, kind, amount, limit),
            held_at=now,
            ends_at=period.end,
            fades=False,
        )
        if reading:
            yield _in_per_mille(reading, limit, plan.share)


def _in_per_mille(reading: Reading, limit: int, steps: Steps) -> Reading:
    step = steps.at(reading.holds) or 0
    return reading._replace(value=_per_mille(reading.value, limit), limit=step)


def _per_mille(scaled: int, limit: int) -> int:
    return scaled // limit if limit else 1000


def _reason(period: Period, kind: str, amount: int, limit: int) -> str:
    period_word = {"day": "daily", "month": "monthly"}[period.name]
    if kind == "cost":
        numbers, what = f"{dollars(amount)} of {dollars(limit)}", "budget"
    else:
        numbers, what = f"{amount} of {limit}", f"{kind} budget"
    return f"{percent(_per_mille(amount * 1000, limit))} of the {period_word} {what} ({numbers})"
