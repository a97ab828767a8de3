"""{} -> log objects nobody metered are announced; the days and hours to close are named."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from bedrock_meter.observability import Event, Metric, count, gauge, logger, metrics, minutes_since
from bedrock_meter.wiring import planning

job = cache(planning.plan_hours)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    plan = job()(now=now)
    gauge(Metric.DATA_UP_TO_AGE_MINUTES, minutes_since(plan.data_up_to, now))
    count(Metric.OBJECTS_MISSED, plan.outstanding)
    answer = {
        "days": [{"day": day, "hours": list(hours)} for day, hours in plan.days],
        "more": plan.more,
        "hold": plan.hold,
    }
    logger.info(Event.PLANNED, extra=answer | {"outstanding": plan.outstanding})
    return answer
