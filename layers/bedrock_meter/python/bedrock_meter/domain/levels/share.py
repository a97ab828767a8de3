"""Shares: how much of a budget is used, and tokens that have no rate."""

from collections.abc import Iterator

from bedrock_meter.domain.levels.inputs import SignalInputs
from bedrock_meter.domain.levels.level import Level, Thresholds
from bedrock_meter.domain.levels.plan import Budget
from bedrock_meter.domain.levels.reading import Reading, dollars, percent, readings_at
from bedrock_meter.domain.time.days import ENOUGH_DAYS
from bedrock_meter.domain.time.period import Period


def share_readings(inputs: SignalInputs) -> Iterator[Reading]:
    """Compare what was used with every budget."""
    spend, plan = inputs.spend, inputs.plan
    if inputs.day:
        used = Budget(inputs.day_cost, spend.tokens_day, spend.requests_day)
        yield from _of_period(inputs, inputs.day, used, plan.day)
    if inputs.month:
        used = Budget(inputs.month_cost, spend.tokens_month, spend.requests_month)
        yield from _of_period(inputs, inputs.month, used, plan.month)


def unpriced_readings(inputs: SignalInputs) -> Iterator[Reading]:
    """Yield yellow while tokens of today have no rate: their cost is not known."""
    tokens = inputs.spend.unpriced_tokens_day
    if tokens > 0 and inputs.day:
        yield Reading(
            signal="unpriced",
            level=Level.YELLOW,
            holds=Level.YELLOW,
            value=tokens,
            limit=1,
            reason=f"{tokens} tokens of today have no rate: their cost is not known",
            held_at=inputs.now,
            ends_at=inputs.day.end,
            fades=False,
        )


def _of_period(
    inputs: SignalInputs, period: Period, used: Budget, budget: Budget
) -> Iterator[Reading]:
    for kind in ("cost", "tokens", "requests"):
        amount, limit = getattr(used, kind), getattr(budget, kind)
        if limit is not None and amount:
            yield from _share(inputs, period, kind, amount, limit)


def _share(
    inputs: SignalInputs, period: Period, kind: str, amount: int, limit: int
) -> Iterator[Reading]:
    # Compared as amount × 1000 with budget × threshold: exact, without a division.
    thresholds = _thresholds(inputs, period)
    for reading in readings_at(
        f"{period.name}_{kind}",
        amount * 1000,
        thresholds.times(limit),
        inputs.plan.margin,
        reason=lambda: _reason(period, kind, amount, limit),
        held_at=inputs.now,
        ends_at=period.end,
        fades=False,
    ):
        value, reached = _per_mille(amount, limit), thresholds.at(reading.holds) or 0
        yield reading._replace(value=value, limit=reached, limits=thresholds)


def _thresholds(inputs: SignalInputs, period: Period) -> Thresholds:
    """Return the plan's shares; in a month, orange begins no earlier than the month has elapsed.

    Four fifths of a budget on the 27th is normal for a month that stays within it. The plan's
    shares stay for a tenant with less than a week of days, or a plan without forecasts.
    """
    thresholds, past = inputs.plan.share, inputs.baseline
    known = past is not None and past.days.known >= ENOUGH_DAYS
    if period.name != "month" or not known or not inputs.plan.forecast or thresholds.orange is None:
        return thresholds
    elapsed = (inputs.now - period.start) * 1000 // (period.end - period.start)
    return thresholds._replace(orange=max(thresholds.orange, elapsed))


def _per_mille(amount: int, limit: int) -> int:
    return amount * 1000 // limit if limit else 1000


def _reason(period: Period, kind: str, amount: int, limit: int) -> str:
    period_word = {"day": "daily", "month": "monthly"}[period.name]
    if kind == "cost":
        numbers, what = f"{dollars(amount)} of {dollars(limit)}", "budget"
    else:
        numbers, what = f"{amount} of {limit}", f"{kind} budget"
    return f"{percent(_per_mille(amount, limit))} of the {period_word} {what} ({numbers})"
