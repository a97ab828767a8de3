"""Watching: Bedrock's own counts against what was metered. Needs pyarrow."""

from collections.abc import Callable
from functools import partial

from bedrock_meter.compose.functions import client, load, stores_by
from bedrock_meter.compose.settings import CompletenessSettings
from bedrock_meter.jobs.check_completeness import Completeness
from bedrock_meter.jobs.check_completeness import check_completeness as check

load("bedrock_logging", "cloudwatch_invocations", "dynamodb_hours", "s3_rollups")


def check_completeness() -> Callable[..., Completeness]:
    """Join `check_completeness`; call it with now."""
    settings = CompletenessSettings.from_environment()
    stores = stores_by(settings)
    return partial(
        check,
        account=settings.account_id,
        region=client("cloudwatch").meta.region_name,
        log_bucket=settings.log_bucket,
        log_prefix=settings.log_prefix,
        tolerance_percent=settings.tolerance_percent,
        hours=stores.hours,
        metered=stores.rollups,
        counts=stores.counts,
        logging=stores.logging,
    )
