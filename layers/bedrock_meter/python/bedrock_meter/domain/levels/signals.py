"""Assessment: every signal's word on a tenant at one moment."""

from datetime import datetime

from bedrock_meter.domain.levels.baseline import Baseline
from bedrock_meter.domain.levels.deviation import deviation_readings
from bedrock_meter.domain.levels.forecast import exhaustion_readings, month_end_readings
from bedrock_meter.domain.levels.inputs import inputs_for
from bedrock_meter.domain.levels.pace import error_readings, rate_readings
from bedrock_meter.domain.levels.plan import Plan
from bedrock_meter.domain.levels.reading import Reading
from bedrock_meter.domain.levels.share import share_readings, unpriced_readings
from bedrock_meter.domain.levels.spend import Spend

SIGNALS = (share_readings, unpriced_readings, rate_readings, error_readings, deviation_readings)
FORECASTS = (exhaustion_readings, month_end_readings)


def readings_for(
    spend: Spend, plan: Plan, baseline: Baseline | None, now: datetime
) -> tuple[Reading, ...]:
    """Collect the readings that reach or hold a level, in a fixed order."""
    inputs = inputs_for(spend, plan, baseline, now)
    signals = SIGNALS + FORECASTS if plan.forecast else SIGNALS
    return tuple(reading for signal in signals for reading in signal(inputs))
