"""Planning: the listing of the log bucket becomes hours to close."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable
from bedrock_meter.aws.dynamodb_live import DynamoDbLiveTable
from bedrock_meter.aws.s3_bodies import S3Bodies
from bedrock_meter.aws.s3_evidence import S3EvidenceStore
from bedrock_meter.aws.s3_logs import S3LogStore
from bedrock_meter.aws.sqs_queues import SqsIngestQueue
from bedrock_meter.jobs.plan_hours import Plan
from bedrock_meter.jobs.plan_hours import plan_hours as plan
from bedrock_meter.settings import PlanSettings
from bedrock_meter.wiring.clients import client, clock, table


def plan_hours() -> Callable[..., Plan]:
    """Join `plan_hours`; call it with now."""
    settings = PlanSettings.from_environment()
    s3 = client("s3")

    def job(*, now: datetime) -> Plan:
        return plan(
            now=now,
            grace=settings.grace,
            logs=S3LogStore(s3, settings.log_bucket, settings.log_prefix),
            evidence=S3EvidenceStore(s3, settings.data_bucket),
            live=DynamoDbLiveTable(
                table(settings.partials_table),
                bodies=S3Bodies(s3, settings.data_bucket),
                clock=clock,
                partials_kept=timedelta(days=settings.partial_days),
                objects_kept=timedelta(days=settings.object_row_days),
            ),
            hours=DynamoDbHourTable(table(settings.hours_table)),
            queue=SqsIngestQueue(client("sqs"), settings.ingest_queue_url),
        )

    return job
