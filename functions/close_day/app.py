"""{day, hours} -> these hours and the day closed; what is still to be published, by hour."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from bedrock_meter.observability import Event, Metric, count, gauge, logger, metrics
from bedrock_meter.wiring import closing

job = cache(closing.close_day)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    closed = job()(day=event["day"], hours=event["hours"], now=datetime.now(UTC))
    gauge(Metric.EVIDENCE_MISSING, len(closed.failed))
    gauge(Metric.HOUR_FILL_PERCENT, closed.findings.fill_percent)
    count(Metric.UNPRICED_TOKENS, closed.findings.unpriced_tokens)
    count(Metric.ATTRIBUTION_CONFLICTS, closed.findings.conflicts)
    count(Metric.DUPLICATES_APART, closed.findings.duplicates_apart)
    for hour, reason in closed.failed.items():
        logger.error(Event.HOUR_LEFT_OPEN, extra={"hour": hour, "reason": reason})
    logger.info(Event.DAY_CLOSED, extra={"day": event["day"], "hours": len(closed.marks)})
    return {
        "day": event["day"],
        "marks": [mark._asdict() for mark in closed.marks],
        "failed": sorted(closed.failed),
    }
