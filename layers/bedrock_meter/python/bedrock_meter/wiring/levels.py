"""Levels: spend becomes levels and flags. Needs pyarrow, to read who was seen lately."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bedrock_meter.aws.dynamodb_decisions import DynamoDbDecisions
from bedrock_meter.aws.dynamodb_flags import DynamoDbFlags
from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable
from bedrock_meter.aws.dynamodb_levels import DynamoDbLevels
from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable
from bedrock_meter.aws.s3_closings import S3ClosingStore
from bedrock_meter.aws.s3_policies import S3Policies
from bedrock_meter.domain.time.hours import hour_of
from bedrock_meter.jobs.assess_tenants import Assessment
from bedrock_meter.jobs.judge_tenants import Judge, tenants_to_judge
from bedrock_meter.jobs.read_spend import reach_at
from bedrock_meter.jobs.value_calls import policy_for
from bedrock_meter.ports import Remaining
from bedrock_meter.settings import AssessSettings
from bedrock_meter.wiring.clients import client, clock, table
from bedrock_meter.wiring.tables import live_table

_PULSES_KEPT = timedelta(days=7)

FOR_ANSWERING = timedelta(seconds=30)
"""Judging stops when so much time remains, so that what was judged is told."""


def assess_tenants() -> Callable[..., Iterator[Assessment]]:
    """Join the full lane; call it with a bucket, the number of buckets, now and the time left."""
    settings = AssessSettings.from_environment()
    s3, tenants = client("s3"), table(settings.tenants_table)
    store = DynamoDbLevels(tenants, DynamoDbFlags(table(settings.flags_table)))
    hours = DynamoDbHourTable(table(settings.hours_table))
    usage = DynamoDbUsageTable(table(settings.usage_table), clock=clock, pulses_kept=_PULSES_KEPT)
    live = live_table(settings)

    def job(*, bucket: int, of: int, now: datetime, remaining: Remaining) -> Iterator[Assessment]:
        reach = reach_at(now, hours=hours, live=live)
        policies = S3Policies(s3, settings.data_bucket)
        policy = policy_for(hour_of(now), DynamoDbDecisions(tenants), policies)
        judge = Judge(
            now=now,
            policy=policy,
            reach=reach,
            usage=usage,
            store=store,
            mode=settings.throttle_mode,
            past=usage,
        )
        closings = S3ClosingStore(s3, settings.data_bucket)
        named = tenants_to_judge(
            bucket,
            of,
            reach=reach,
            listed=policy.tenants.keys(),
            live=live,
            hours=hours,
            closings=closings,
            store=store,
        )
        for tenant in named:
            if remaining() < FOR_ANSWERING:
                return  # the largest are judged; the next hour begins with them again
            yield judge.full(tenant)

    return job
