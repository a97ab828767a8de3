"""{} or {hour} -> the log of a closed hour read once more, and what differs from its totals."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from bedrock_meter.compose import auditing
from bedrock_meter.observability import Log, Metric, count, gauge, logger, metrics

job = cache(auditing.audit_hour)
MOST_SHOWN = 50


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    try:
        found = job()(
            hour=event.get("hour"),
            now=datetime.now(UTC),
            remaining=lambda: timedelta(milliseconds=context.get_remaining_time_in_millis()),
        )
    except auditing.CannotAudit as reason:
        gauge(Metric.HOURS_AUDITED, 0)
        logger.error(Log.NOT_AUDITED, extra={"reason": str(reason)})
        return {"hour": None, "reason": str(reason)}
    gauge(Metric.HOURS_AUDITED, 1)
    gauge(Metric.AUDIT_DIFFERENCES, found.differences())
    count(Metric.DUPLICATES_APART, found.apart or 0)
    answer = found.document(MOST_SHOWN)
    # Ids of tenants can be personal: they are in the answer, not in the log.
    logger.info(Log.AUDITED, extra={**answer, "tenants": len(found.tenants)})
    return answer
