"""{} -> log objects nobody metered are announced; the days and hours to close are named."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from bedrock_meter.compose import planning
from bedrock_meter.observability import Event, Metric, count, gauge, logger, metrics, minutes_since

job = cache(planning.plan_hours)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    plan = job()(
        now=now,
        remaining=lambda: timedelta(milliseconds=context.get_remaining_time_in_millis()),
    )
    gauge(Metric.DATA_UP_TO_AGE_MINUTES, minutes_since(plan.data_up_to, now))
    gauge(Metric.HOURS_WAITING, plan.waiting)
    gauge(Metric.OBJECTS_OUTSTANDING, plan.outstanding)
    count(Metric.OBJECTS_MISSED, plan.announced)
    answer = {
        "days": [{"day": day, "hours": list(hours), "hold": plan.hold} for day, hours in plan.days],
        "more": plan.more,
        "sweep_failed": plan.sweep_failed,
    }
    said = {"hold": plan.hold, "outstanding": plan.outstanding, "waiting": plan.waiting}
    if plan.sweep_failed:
        logger.error(Event.SWEEP_FAILED, extra={"reason": plan.sweep_failed})
    logger.info(Event.PLANNED, extra=answer | said)
    return answer
