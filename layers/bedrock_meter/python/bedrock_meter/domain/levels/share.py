"""Shares: how much of a budget is used, and use that no rate could price."""

from collections.abc import Iterator

from bedrock_meter.domain.levels.inputs import SignalInputs
from bedrock_meter.domain.levels.level import Level, Thresholds
from bedrock_meter.domain.levels.plan import Budget
from bedrock_meter.domain.levels.reading import Reading, dollars, percent, reading_for
from bedrock_meter.domain.time.days import ENOUGH_DAYS
from bedrock_meter.domain.time.period import Period


def share_readings(inputs: SignalInputs) -> Iterator[Reading]:
    """Read the share of every budget."""
    spend, plan = inputs.spend, inputs.plan
    if inputs.day:
        used = Budget(inputs.day_cost, spend.tokens_day, spend.requests_day)
        yield from _of_period(inputs, inputs.day, used, plan.day)
    if inputs.month:
        used = Budget(inputs.month_cost, spend.tokens_month, spend.requests_month)
        yield from _of_period(inputs, inputs.month, used, plan.month)


def unpriced_readings(inputs: SignalInputs) -> Iterator[Reading]:
    """Raise yellow while tokens of today have no rate: what they cost is not known."""
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
    kinds = (
        ("cost", used.cost, budget.cost),
        ("tokens", used.tokens, budget.tokens),
        ("requests", used.requests, budget.requests),
    )
    for kind, amount, limit in kinds:
        if limit is not None and amount:
            reading = _share(inputs, period, kind, amount, limit)
            if reading:
                yield reading


def _share(
    inputs: SignalInputs, period: Period, kind: str, amount: int, limit: int
) -> Reading | None:
    # Compared as amount × 1000 against budget × step: exact, without a division.
    thresholds = _thresholds(inputs, period)
    reading = reading_for(
        f"{period.name}_{kind}",
        amount * 1000,
        thresholds.times(limit),
        inputs.plan.margin,
        reason=lambda: _reason(period, kind, amount, limit),
        held_at=inputs.now,
        ends_at=period.end,
        fades=False,
    )
    if reading is None:
        return None
    return reading._replace(
        value=_per_mille(amount, limit), limit=thresholds.at(reading.holds) or 0, limits=thresholds
    )


def _thresholds(inputs: SignalInputs, period: Period) -> Thresholds:
    """Return the plan's shares; of a month, orange not before the share of the month that is over.

    Four fifths of a budget on the 27th is what a month within it looks like. Who has no week of
    days yet, or a plan without forecasts, is taken at the plan's word.
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
