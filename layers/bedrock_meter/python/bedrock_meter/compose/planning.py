"""Planning: the listing of the log bucket becomes hours to close."""

from collections.abc import Callable
from functools import partial

from bedrock_meter.compose.functions import load, stores_by
from bedrock_meter.compose.settings import PlanSettings
from bedrock_meter.jobs.plan_hours import HourPlan
from bedrock_meter.jobs.plan_hours import plan_hours as plan
from bedrock_meter.jobs.sweep_logs import LogStores

load(
    "dynamodb_hours", "dynamodb_live", "dynamodb_waiting", "s3_bodies", "s3_evidence", "s3_logs",
    "s3_manifests", "sqs_queues",
)  # fmt: skip


def plan_hours() -> Callable[..., HourPlan]:
    """Join `plan_hours`; call it with now and the time remaining."""
    settings = PlanSettings.from_environment()
    stores = stores_by(settings)
    return partial(
        plan,
        grace=settings.grace,
        keep_open=settings.keep_open,
        evidence=stores.evidence,
        hours=stores.hours,
        stores=stores.of(LogStores),
    )
