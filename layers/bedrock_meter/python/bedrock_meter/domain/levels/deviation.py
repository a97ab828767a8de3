"""Deviation: the last hour against what is usual for this tenant at this hour of the week."""

from collections.abc import Iterator
from datetime import datetime

from bedrock_meter.domain.levels.inputs import SignalInputs
from bedrock_meter.domain.levels.level import Thresholds
from bedrock_meter.domain.levels.pace import LINGER
from bedrock_meter.domain.levels.reading import Reading, dollars, readings_at, times
from bedrock_meter.domain.pricing.money import ATTO

SMALL = ATTO // 100
"""Below a cent an hour, or a thousandth of the month's budget, nothing is called a spike."""


def deviation_readings(inputs: SignalInputs) -> Iterator[Reading]:
    """Yield a spike: an hour far above the usual; nothing until enough history is known.

    Yellow depends on the whole hour, orange and red on what two thirds of it reached: a burst of
    a few minutes deserves a notice, no more.
    """
    usual = inputs.usual
    if not usual or inputs.hour_cost < max(SMALL, (inputs.plan.month.cost or 0) // 1000):
        return
    last = next(use.end for use in reversed(inputs.last_hour) if inputs.cost_of(use))
    thresholds = inputs.plan.deviation
    for cost, limits in (
        (inputs.hour_cost, thresholds._replace(orange=None, red=None)),
        (inputs.sustained, thresholds._replace(yellow=None)),
    ):
        yield from _spike(inputs, cost, usual, limits, last)


def _spike(
    inputs: SignalInputs, cost: int, usual: int, thresholds: Thresholds, last: datetime
) -> Iterator[Reading]:
    ratio = cost * 1000 // usual
    return readings_at(
        "deviation",
        ratio,
        thresholds,
        inputs.plan.margin,
        reason=lambda: (
            f"spike: {dollars(cost)} in the last hour, {times(ratio)} of what is usual at the most"
            f" for this hour ({dollars(usual)})"
        ),
        held_at=last,
        ends_at=last + LINGER,
        fades=True,
    )
