"""{closed: what close_day answered, by day} -> the months of these hours, summed up."""

from functools import cache
from typing import Any

from bedrock_meter.observability import Event, logger
from bedrock_meter.wiring import closing

job = cache(closing.close_months)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    hours = [mark["hour"] for day in event["closed"] for mark in day["marks"]]
    months = list(job()(hours=hours))
    logger.info(Event.MONTHS_CLOSED, extra={"months": months})
    return {"months": months}
