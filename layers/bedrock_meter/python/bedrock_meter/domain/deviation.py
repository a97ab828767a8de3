"""Deviation: the last hour against what is usual for this tenant at this hour of the week."""

from collections.abc import Iterator

from bedrock_meter.domain.case import Case
from bedrock_meter.domain.money import ATTO
from bedrock_meter.domain.pace import LINGER
from bedrock_meter.domain.signal import Reading, dollars, reading_for, times

SMALL = ATTO // 100
"""Below a cent an hour, or a thousandth of the month's budget, nothing is called a spike."""


def deviation_readings(case: Case) -> Iterator[Reading]:
    """Name a spike: an hour far above the usual; silent until the tenant has history enough."""
    usual = case.usual
    slots = [use for use in case.last_hour if case.cost_of(use)]
    hour = sum(case.cost_of(use) for use in slots)
    if not usual or hour < max(SMALL, (case.plan.month.cost or 0) // 1000):
        return
    last = slots[-1].end
    ratio = hour * 1000 // usual
    reading = reading_for(
        "deviation",
        ratio,
        case.plan.deviation,
        case.plan.margin,
        reason=lambda: (
            f"spike: {dollars(hour)} in the last hour, {times(ratio)} of what is usual at the most"
            f" for this hour ({dollars(usual)})"
        ),
        held_at=last,
        ends_at=last + LINGER,
        fades=True,
    )
    if reading:
        yield reading
