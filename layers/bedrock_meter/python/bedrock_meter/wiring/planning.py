"""Planning: the listing of the log bucket becomes hours to close."""

from collections.abc import Callable
from datetime import datetime

from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable
from bedrock_meter.aws.dynamodb_waiting import DynamoDbWaitList
from bedrock_meter.aws.s3_evidence import S3EvidenceStore
from bedrock_meter.aws.s3_logs import S3LogStore
from bedrock_meter.aws.s3_manifests import S3ManifestStore
from bedrock_meter.aws.sqs_queues import SqsIngestQueue
from bedrock_meter.jobs.plan_hours import Plan
from bedrock_meter.jobs.plan_hours import plan_hours as plan
from bedrock_meter.jobs.sweep_logs import LogStores
from bedrock_meter.ports import Remaining
from bedrock_meter.settings import PlanSettings
from bedrock_meter.wiring.clients import client, table
from bedrock_meter.wiring.tables import live_table


def plan_hours() -> Callable[..., Plan]:
    """Join `plan_hours`; call it with now and the time remaining."""
    settings = PlanSettings.from_environment()
    s3 = client("s3")
    stores = LogStores(
        logs=S3LogStore(s3, settings.log_bucket, settings.log_prefix),
        manifests=S3ManifestStore(s3, settings.data_bucket),
        live=live_table(settings),
        waits=DynamoDbWaitList(table(settings.partials_table)),
        queue=SqsIngestQueue(client("sqs"), settings.ingest_queue_url),
    )

    def job(*, now: datetime, remaining: Remaining) -> Plan:
        return plan(
            now=now,
            grace=settings.grace,
            keep_open=settings.keep_open,
            left=remaining,
            evidence=S3EvidenceStore(s3, settings.data_bucket),
            hours=DynamoDbHourTable(table(settings.hours_table)),
            stores=stores,
        )

    return job
