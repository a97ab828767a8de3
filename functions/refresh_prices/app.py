"""{} -> the price book compared with AWS's price list; differences wait for a person."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from bedrock_meter.observability import Event, Metric, gauge, logger, metrics
from bedrock_meter.wiring import pricing

job = cache(pricing.refresh_prices)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    differences = len(job()(now=datetime.now(UTC)))
    gauge(Metric.PRICE_DIFFERENCES, differences)
    logger.info(Event.COMPARED, extra={"differences": differences})
    return {"differences": differences}
