"""{bucket, of} -> every tenant of this bucket assessed: level, flag, a notice to be sent."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from bedrock_meter.compose import levels
from bedrock_meter.observability import Log, Metric, gauge, logger, metrics

job = cache(levels.assess_tenants)


@logger.inject_lambda_context
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    bucket, of = int(event["bucket"]), int(event["of"])
    assessed = list(
        job()(
            bucket=bucket,
            of=of,
            now=datetime.now(UTC),
            remaining=lambda: timedelta(milliseconds=context.get_remaining_time_in_millis()),
        )
    )
    changes = sum(tenant.level != tenant.before for tenant in assessed)
    gauge(Metric.LEVEL_CHANGES, changes)
    logger.info(Log.ASSESSED, extra={"bucket": bucket, "tenants": len(assessed)})
    return {"assessed": len(assessed), "changes": changes}
