"""Rates: cost in five minutes, tokens and requests per minute, and the share of failed calls."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bedrock_meter.domain.levels.inputs import SignalInputs
from bedrock_meter.domain.levels.level import Level, Thresholds
from bedrock_meter.domain.levels.plan import NEVER
from bedrock_meter.domain.levels.reading import Reading, dollars, percent, reading_for
from bedrock_meter.domain.levels.spend import SlotUse
from bedrock_meter.domain.time.hours import SLOT_MINUTES

LINGER = timedelta(minutes=15)
ENOUGH_REQUESTS = 20
_LEVELS = (Level.YELLOW, Level.ORANGE, Level.RED)


def rate_readings(inputs: SignalInputs) -> Iterator[Reading]:
    """Compare the worst slot of the last half hour with each rate of the plan."""
    plan = inputs.plan
    signals: tuple[tuple[str, Thresholds, Callable[[SlotUse], int], Callable[[int], str]], ...] = (
        ("cost_5m", plan.cost_5m, inputs.cost_of, _cost_text),
        ("tokens_per_minute", plan.tokens_per_minute, _tokens, _tokens_text),
        ("requests_per_minute", plan.requests_per_minute, _calls, _calls_text),
    )
    for signal, thresholds, value_of, text_of in signals:
        if thresholds != NEVER:
            limits = thresholds if signal == "cost_5m" else thresholds.times(SLOT_MINUTES)
            values = [(value_of(use), use.end) for use in inputs.last_half]
            for level in _LEVELS:
                reading = _at_level(signal, values, limits, level, plan.margin, text_of)
                if reading:
                    yield reading


def _at_level(
    signal: str,
    values: list[tuple[int, datetime]],
    thresholds: Thresholds,
    level: Level,
    margin: int,
    text_of: Callable[[int], str],
) -> Reading | None:
    limit = thresholds.at(level)
    if limit is None:
        return None
    # One reading per level: each level ends with the last slot that was over its own limit.
    only = Thresholds(*(limit if threshold is level else None for threshold in _LEVELS))
    over = [(value, end) for value, end in values if only.held(value, margin) is level]
    if not over:
        return None
    worst, last = max(value for value, _ in over), max(end for _, end in over)
    return reading_for(
        signal,
        worst,
        only,
        margin,
        reason=lambda: f"{text_of(worst)}; {level.word} from {text_of(limit)}",
        held_at=last,
        ends_at=last + LINGER,
        fades=True,
    )


def error_readings(inputs: SignalInputs) -> Iterator[Reading]:
    """Compare the share of failed calls in the last half hour; silent below twenty calls."""
    requests = sum([use.requests for use in inputs.last_half])
    errors = sum([use.errors for use in inputs.last_half])
    if requests < ENOUGH_REQUESTS or not errors:
        return
    last = max(use.end for use in inputs.last_half if use.errors)
    share = errors * 1000 // requests
    reading = reading_for(
        "errors",
        share,
        inputs.plan.errors,
        inputs.plan.margin,
        reason=lambda: f"{percent(share)} of {requests} calls failed in the last half hour of data",
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
