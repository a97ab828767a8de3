"""Levels: spend becomes levels and flags. Needs pyarrow, to read the tenants of closed hours."""

from collections.abc import Callable, Iterator
from functools import partial

from bedrock_meter.compose.functions import load, stores_by
from bedrock_meter.compose.settings import AssessSettings
from bedrock_meter.jobs.assess_tenant import Assessment
from bedrock_meter.jobs.assess_tenants import AssessStores, assess_bucket

load(
    "dynamodb_decisions", "dynamodb_flags", "dynamodb_hours", "dynamodb_levels", "dynamodb_live",
    "dynamodb_usage", "s3_bodies", "s3_closings", "s3_policies",
)  # fmt: skip


def assess_tenants() -> Callable[..., Iterator[Assessment]]:
    """Return the full lane; call it with a bucket, the number of buckets, now and the time left."""
    settings = AssessSettings.from_environment()
    stores = stores_by(settings).of(AssessStores)
    return partial(assess_bucket, mode=settings.throttle_mode, stores=stores)
