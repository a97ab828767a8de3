"""Watching: Bedrock's own counts against what was metered. Needs pyarrow."""

from collections.abc import Callable
from datetime import datetime

from bedrock_meter.aws.bedrock_logging import BedrockLogging
from bedrock_meter.aws.cloudwatch_invocations import CloudWatchInvocations
from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable
from bedrock_meter.aws.s3_rollups import S3RollupStore
from bedrock_meter.jobs.check_completeness import Completeness
from bedrock_meter.jobs.check_completeness import check_completeness as check
from bedrock_meter.settings import CompletenessSettings
from bedrock_meter.wiring.clients import client, table


def check_completeness() -> Callable[..., Completeness]:
    """Join `check_completeness`; call it with now."""
    settings = CompletenessSettings.from_environment()
    s3 = client("s3")

    def job(*, now: datetime) -> Completeness:
        return check(
            now=now,
            account=settings.account_id,
            region=client("cloudwatch").meta.region_name,
            log_bucket=settings.log_bucket,
            log_prefix=settings.log_prefix,
            tolerance_percent=settings.tolerance_percent,
            hours=DynamoDbHourTable(table(settings.hours_table)),
            metered=S3RollupStore(s3, settings.data_bucket),
            counts=CloudWatchInvocations(client("cloudwatch")),
            logging=BedrockLogging(client("bedrock"), s3),
        )

    return job
