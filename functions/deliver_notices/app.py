"""{} -> every pending notice is sent, once."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from bedrock_meter.compose import notices
from bedrock_meter.observability import Log, logger, metrics, not_sent

job = cache(notices.deliver_notices)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    delivery = job()(now=datetime.now(UTC))
    if delivery.unsent:  # rarely; a metric that is written every hour costs every month
        not_sent(delivery.unsent)
        metrics.flush_metrics()
    logger.info(Log.SENT, extra={"sent": delivery.sent, "taken": delivery.taken})
    return {"sent": delivery.sent}
