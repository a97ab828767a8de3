"""{closed: what close_day answered, by day; hold} -> these hours published."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from bedrock_meter.observability import Event, Metric, gauge, logger, metrics
from bedrock_meter.wiring import closing

job = cache(closing.finish_hours)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    marks = [mark for day in event["closed"] for mark in day["marks"]]
    published = list(job()(marks=marks, hold=event["hold"], now=datetime.now(UTC)))
    gauge(Metric.HOURS_PUBLISHED, len(published))
    logger.info(Event.PUBLISHED, extra={"hours": published})
    return {"published": len(published)}
