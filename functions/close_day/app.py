"""{day, hours, hold} -> as many of these hours as there is time for, closed and published."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from bedrock_meter.compose import closing
from bedrock_meter.observability import Log, Metric, count, gauge, logger, metrics

job = cache(closing.close_day)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    closed = job()(
        day=event["day"],
        hours=event["hours"],
        hold=event["hold"],
        now=datetime.now(UTC),
        remaining=lambda: timedelta(milliseconds=context.get_remaining_time_in_millis()),
    )
    found = closed.findings
    gauge(Metric.HOURS_PUBLISHED, len(closed.published))
    count(Metric.EVIDENCE_MISSING, len(closed.failed))
    gauge(Metric.HOUR_FILL_PERCENT, found.fill.most())
    count(Metric.UNPRICED_TOKENS, found.unpriced_tokens)
    count(Metric.ATTRIBUTION_CONFLICTS, found.conflicts)
    count(Metric.DUPLICATES_APART, found.duplicates_apart)
    for hour, reason in closed.failed.items():
        logger.error(Log.HOUR_LEFT_OPEN, extra={"hour": hour, "reason": reason})
    answer = {
        "day": event["day"],
        "published": len(closed.published),
        "left": len(closed.left),
        "failed": sorted(closed.failed),
    }
    logger.info(Log.DAY_CLOSED, extra=answer | {"fill_percent": found.fill._asdict()})
    return answer
