"""Closing: evidence becomes closed and published hours, days and months. Needs pyarrow."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

from bedrock_meter.aws.dynamodb_decisions import DynamoDbDecisions, DynamoDbProfileFacts
from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable
from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable
from bedrock_meter.aws.s3_closings import S3ClosingStore
from bedrock_meter.aws.s3_evidence import S3EvidenceStore
from bedrock_meter.aws.s3_policies import S3Policies
from bedrock_meter.aws.s3_rollups import S3RollupStore
from bedrock_meter.domain.time.hours import Day, Hour
from bedrock_meter.domain.totals.top import Ranked
from bedrock_meter.jobs.close_day import ClosedDay, DayStores
from bedrock_meter.jobs.close_day import close_day as close_and_publish
from bedrock_meter.jobs.close_hour import close_hour
from bedrock_meter.jobs.value_calls import closing_valuation
from bedrock_meter.ports import Remaining
from bedrock_meter.settings import CloseSettings
from bedrock_meter.wiring.books import books
from bedrock_meter.wiring.clients import ProfilesOnDemand, client, clock, table

_NO_PULSES = timedelta(days=7)
_SIDE_BY_SIDE = 16


def close_day() -> Callable[..., ClosedDay]:
    """Join `close_day`; call it with a day, its due hours, `hold`, now and the time remaining."""
    settings = CloseSettings.from_environment()
    s3, tenants = client("s3"), table(settings.tenants_table)
    stores = DayStores(
        evidence=S3EvidenceStore(s3, settings.data_bucket),
        closings=S3ClosingStore(s3, settings.data_bucket),
        hours=DynamoDbHourTable(table(settings.hours_table)),
        usage=DynamoDbUsageTable(table(settings.usage_table), clock=clock, pulses_kept=_NO_PULSES),
    )
    value = partial(
        closing_valuation,
        decisions=DynamoDbDecisions(tenants),
        policies=S3Policies(s3, settings.data_bucket),
        books=books(s3, settings.data_bucket),
        source=ProfilesOnDemand(settings.account_id),
        facts=DynamoDbProfileFacts(tenants),
    )

    def job(
        *, day: Day, hours: Iterable[Hour], hold: Hour, now: datetime, remaining: Remaining
    ) -> ClosedDay:
        close = partial(
            close_hour,
            now=now,
            **stores._asdict(),
            rollups=S3RollupStore(s3, settings.data_bucket),
            valuation_for=partial(value, now=now),
        )
        return close_and_publish(
            day, hours, hold, remaining=remaining, close=close, stores=stores, each=side_by_side
        )

    return job


def side_by_side(
    work: Callable[[str | None], Ranked], tenants: Iterable[str | None]
) -> Iterable[Ranked]:
    """Do something for many tenants at once: most of the time each waits for the network."""
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as workers:
        return list(workers.map(work, tenants))
