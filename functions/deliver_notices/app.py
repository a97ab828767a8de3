"""{} -> every notice that waits is told, once."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from bedrock_meter.compose import notices
from bedrock_meter.observability import Event, logger, metrics, not_told

job = cache(notices.deliver_notices)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    delivery = job()(now=datetime.now(UTC))
    if delivery.untold:  # nearly never; a metric that is written every hour costs every month
        not_told(delivery.untold)
        metrics.flush_metrics()
    logger.info(Event.TOLD, extra={"told": delivery.told, "taken": delivery.taken})
    return {"told": delivery.told}
