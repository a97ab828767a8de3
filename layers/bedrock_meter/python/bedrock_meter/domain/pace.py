"""Rates: cost in five minutes, tokens and requests per minute, and the share of failed calls."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bedrock_meter.domain.hours import SLOT_MINUTES
from bedrock_meter.domain.level import Level, Steps
from bedrock_meter.domain.plan import Plan
from bedrock_meter.domain.signal import Reading, dollars, percent, reading_for
from bedrock_meter.domain.spend import SlotUse, Spend

WINDOW = timedelta(minutes=30)
LINGER = timedelta(minutes=15)
OLDEST = timedelta(hours=2)
"""Slots that ended longer ago than this say nothing about now, whatever `data_up_to` says."""
ENOUGH_REQUESTS = 20


def recent(spend: Spend, now: datetime, window: timedelta = WINDOW) -> tuple[SlotUse, ...]:
    """Choose the slots that ended in the window before `data_up_to`, and not long before `now`."""
    since = max(spend.data_up_to - window, now - OLDEST)
    return tuple(use for use in spend.slots if since < use.end and use.end <= now + WINDOW)


def slot_cost(use: SlotUse, plan: Plan) -> int:
    """Give the cost of a slot that levels go by, in attodollars."""
    return use.cost + (plan.assume_rate or 0) * use.unpriced_tokens


def rate_readings(spend: Spend, plan: Plan, now: datetime) -> Iterator[Reading]:
    """Compare the worst recent slot with each rate of the plan."""
    slots = recent(spend, now)
    signals: tuple[tuple[str, Steps, Callable[[SlotUse], int], Callable[[int], str]], ...] = (
        ("cost_5m", plan.cost_5m, lambda use: slot_cost(use, plan), _cost_text),
        ("tokens_per_minute", plan.tokens_per_minute.times(SLOT_MINUTES), _tokens, _tokens_text),
        ("requests_per_minute", plan.requests_per_minute.times(SLOT_MINUTES), _calls, _calls_text),
    )
    for signal, steps, value_of, text_of in signals:
        values = [(value_of(use), use.end) for use in slots]
        for level in (Level.YELLOW, Level.ORANGE, Level.RED):
            reading = _at_level(signal, values, steps, level, plan.margin, text_of)
            if reading:
                yield reading
    yield from _error_reading(slots, plan)


def _at_level(
    signal: str,
    values: list[tuple[int, datetime]],
    steps: Steps,
    level: Level,
    margin: int,
    text_of: Callable[[int], str],
) -> Reading | None:
    limit = steps.at(level)
    if limit is None:
        return None
    # One reading per level: each level ends with the last slot that was over its own limit.
    only = Steps(*(limit if step is level else None for step in tuple(Level)[1:]))
    over = [(value, end) for value, end in values if only.held(value, margin) is level]
    if not over:
        return None
    worst, last = max(value for value, _ in over), max(end for _, end in over)
    reason = f"{text_of(worst)}; {level.word} from {text_of(limit)}"
    return reading_for(
        signal, worst, only, margin, reason=reason, held_at=last, ends_at=last + LINGER, fades=True
    )


def _error_reading(slots: tuple[SlotUse, ...], plan: Plan) -> Iterator[Reading]:
    requests, errors = sum(use.requests for use in slots), sum(use.errors for use in slots)
    if requests < ENOUGH_REQUESTS or not errors:
        return
    last = max(use.end for use in slots if use.errors)
    share = errors * 1000 // requests
    reason = f"{percent(share)} of {requests} calls failed in the last 30 minutes of data"
    reading = reading_for(
        "errors",
        share,
        plan.errors,
        plan.margin,
        reason=reason,
        held_at=last,
        ends_at=last + LINGER,
        fades=True,
    )
    if reading:
        yield reading


def _tokens(use: SlotUse) -> int:
    return use.tokens


def _calls(use: SlotUse) -> int:
    return use.requests


def _cost_text(value: int) -> str:
    return f"{dollars(value)} in 5 minutes"


def _tokens_text(value: int) -> str:
    return f"{value // SLOT_MINUTES} tokens per minute"


def _calls_text(value: int) -> str:
    return f"{value // SLOT_MINUTES} requests per minute"
