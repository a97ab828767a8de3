"""Deviation: the last hour against what is usual for this tenant at this hour of the week."""

from collections.abc import Iterator
from datetime import datetime

from bedrock_meter.domain.baseline import Baseline
from bedrock_meter.domain.forecast import usual_now
from bedrock_meter.domain.hours import ONE_HOUR
from bedrock_meter.domain.money import ATTO
from bedrock_meter.domain.pace import LINGER, recent, slot_cost
from bedrock_meter.domain.plan import Plan
from bedrock_meter.domain.signal import Reading, dollars, reading_for, times
from bedrock_meter.domain.spend import Spend

SMALL = ATTO // 100
"""Below a cent an hour, or a thousandth of the month's budget, nothing is called a spike."""


def deviation_readings(
    spend: Spend, plan: Plan, baseline: Baseline | None, now: datetime
) -> Iterator[Reading]:
    """Name a spike: an hour far above the usual; silent until the tenant has history enough."""
    usual = usual_now(spend, baseline)
    slots = [use for use in recent(spend, now, ONE_HOUR) if slot_cost(use, plan)]
    hour = sum(slot_cost(use, plan) for use in slots)
    if not usual or hour < max(SMALL, (plan.month.cost or 0) // 1000):
        return
    last = slots[-1].end
    ratio = hour * 1000 // usual
    reading = reading_for(
        "deviation",
        ratio,
        plan.deviation,
        plan.margin,
        reason=(
            f"spike: {dollars(hour)} in the last hour, {times(ratio)} of what is usual at the most"
            f" for this hour ({dollars(usual)})"
        ),
        held_at=last,
        ends_at=last + LINGER,
        fades=True,
    )
    if reading:
        yield reading
