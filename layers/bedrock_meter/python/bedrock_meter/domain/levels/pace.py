"""Rates: cost in five minutes, tokens and requests per minute, and the share of failed calls."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bedrock_meter.domain.levels.inputs import SignalInputs
from bedrock_meter.domain.levels.level import NO_THRESHOLDS, Level, Thresholds
from bedrock_meter.domain.levels.reading import Reading, dollars, percent, readings_at
from bedrock_meter.domain.levels.spend import SlotUse
from bedrock_meter.domain.time.hours import SLOT_MINUTES

LINGER = timedelta(minutes=15)
ENOUGH_REQUESTS = 20
_LEVELS = (Level.YELLOW, Level.ORANGE, Level.RED)


def rate_readings(inputs: SignalInputs) -> Iterator[Reading]:
    """Compare the worst slot of the last half hour with each rate of the plan."""
    plan = inputs.plan
    signals: tuple[tuple[str, Thresholds, Callable[[SlotUse], int]], ...] = (
        ("cost_5m", plan.cost_5m, inputs.cost_of),
        ("tokens_per_minute", plan.tokens_per_minute, lambda use: use.tokens),
        ("requests_per_minute", plan.requests_per_minute, lambda use: use.requests),
    )
    for signal, thresholds, value_of in signals:
        if thresholds != NO_THRESHOLDS:
            limits = thresholds.times(1 if signal == "cost_5m" else SLOT_MINUTES)
            values = [(value_of(use), use.end) for use in inputs.last_half]
            for level in _LEVELS:
                yield from _at_level(signal, values, limits, level, plan.margin)


def _at_level(
    signal: str,
    values: list[tuple[int, datetime]],
    thresholds: Thresholds,
    level: Level,
    margin: int,
) -> Iterator[Reading]:
    limit = thresholds.at(level)
    if limit is None:
        return
    # One reading per level: each level ends with the last slot that was over its own limit.
    only = Thresholds(*(limit if threshold is level else None for threshold in _LEVELS))
    over = [(value, end) for value, end in values if only.held(value, margin) is level]
    if not over:
        return
    worst, last = max(value for value, _ in over), max(end for _, end in over)
    yield from readings_at(
        signal,
        worst,
        only,
        margin,
        reason=lambda: f"{_text(signal, worst)}; {level.word} from {_text(signal, limit)}",
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
    yield from readings_at(
        "errors",
        share,
        inputs.plan.errors,
        inputs.plan.margin,
        reason=lambda: f"{percent(share)} of {requests} calls failed in the last half hour of data",
        held_at=last,
        ends_at=last + LINGER,
        fades=True,
    )


def _text(signal: str, value: int) -> str:
    if signal == "cost_5m":
        return f"{dollars(value)} in 5 minutes"
    return f"{value // SLOT_MINUTES} {signal.replace('_', ' ')}"  # Such as `7 tokens per minute`.
