"""{} -> what Bedrock counted against what was metered; whether Bedrock still logs to us."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from bedrock_meter.compose import watching
from bedrock_meter.observability import Log, Metric, count, logger, metrics

job = cache(watching.check_completeness)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    found = job()(now=datetime.now(UTC))
    count(Metric.CALLS_MISSING, found.missing())
    count(Metric.LOGGING_CHANGED, found.logging is not None)
    answer = {
        "hours": list(found.hours),
        "gaps": [gap._asdict() | {"missing": gap.missing()} for gap in found.gaps],
        "logging": found.logging,
    }
    logger.info(Log.COMPLETENESS_CHECKED, extra=answer)
    return answer
