"""{} -> the price book compared with what AWS publishes; the safe part of it taken."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from bedrock_meter.compose import pricing
from bedrock_meter.observability import Log, Metric, gauge, logger, metrics

job = cache(pricing.refresh_prices)


class PricesUnread(Exception):
    """Agreement offers of some models could not be read."""


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    outcome = job()(now=datetime.now(UTC))
    gauge(Metric.PRICE_DIFFERENCES, outcome.held + len(outcome.unparsed))
    answer: dict[str, Any] = outcome._asdict()
    logger.info(Log.COMPARED, extra=answer)
    if outcome.unread:  # what was read is kept; the failure of the rest must raise an alarm
        raise PricesUnread(f"{len(outcome.unread)} models, the first: {outcome.unread[0]}")
    return answer
