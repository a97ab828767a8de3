"""Judgement: every signal's word on a tenant at one moment."""

from datetime import datetime

from bedrock_meter.domain.baseline import Baseline
from bedrock_meter.domain.deviation import deviation_readings
from bedrock_meter.domain.forecast import exhaustion_readings, month_end_readings
from bedrock_meter.domain.pace import rate_readings
from bedrock_meter.domain.plan import Plan
from bedrock_meter.domain.share import share_readings, unpriced_readings
from bedrock_meter.domain.signal import Reading
from bedrock_meter.domain.spend import Spend


def readings_for(
    spend: Spend, plan: Plan, baseline: Baseline | None, now: datetime
) -> tuple[Reading, ...]:
    """Collect the readings that reach or hold a level, in a fixed order."""
    readings = [*share_readings(spend, plan, now), *unpriced_readings(spend, plan, now)]
    readings += rate_readings(spend, plan, now)
    readings += deviation_readings(spend, plan, baseline, now)
    if plan.forecast:
        readings += exhaustion_readings(spend, plan, baseline, now)
        readings += month_end_readings(spend, plan, baseline, now)
    return tuple(readings)
