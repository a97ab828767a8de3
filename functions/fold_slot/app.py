"""Partials that moved, or deferred live hours -> live totals and levels, derived again."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from bedrock_meter.compose import live
from bedrock_meter.observability import Metric, count, gauge, logger, metrics, not_sent

fold = cache(live.fold_slot)
refresh = cache(live.refresh_live_hours)


def refreshes(body: str, remaining: Callable[[], timedelta]) -> None:
    unsent = refresh()(**json.loads(body), now=datetime.now(UTC), remaining=remaining)
    not_sent(unsent)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> Any:
    gauge(Metric.FOLDS, 1)

    def remaining() -> timedelta:
        return timedelta(milliseconds=context.get_remaining_time_in_millis())

    if event["Records"][0]["eventSource"] == "aws:sqs":
        for record in event["Records"]:  # one: see the queue's BatchSize
            refreshes(record["body"], remaining)
        return None
    moved = [record["dynamodb"]["Keys"] for record in event["Records"]]
    # A fold that fails raises: the stream then halves the batch until only that one is left.
    keys = [(key["pk"]["S"], key["sk"]["S"]) for key in moved]
    folded = fold()(keys=keys, now=datetime.now(UTC), remaining=remaining)
    count(Metric.SLOTS_OVERFLOWED, folded.overflowing)
    not_sent(folded.unsent)
    return {"batchItemFailures": []}
