"""Closing: evidence become closed hours, days and months. Needs pyarrow."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bedrock_meter.aws.dynamodb_decisions import DynamoDbDecisions, DynamoDbProfileFacts
from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable
from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable
from bedrock_meter.aws.s3_closings import S3ClosingStore
from bedrock_meter.aws.s3_evidence import S3EvidenceStore
from bedrock_meter.aws.s3_policies import S3Policies
from bedrock_meter.aws.s3_rollups import S3RollupStore
from bedrock_meter.domain.hour_row import Mark
from bedrock_meter.domain.hours import Day, Hour, Month
from bedrock_meter.jobs.close_day import ClosedDay
from bedrock_meter.jobs.close_day import close_day as sum_up_day
from bedrock_meter.jobs.close_hour import close_hour
from bedrock_meter.jobs.close_months import close_months as sum_up_months
from bedrock_meter.jobs.finish_hours import finish_hours as publish
from bedrock_meter.jobs.value_calls import closing_valuation
from bedrock_meter.settings import CloseSettings, FinishSettings, MonthSettings
from bedrock_meter.wiring.books import books
from bedrock_meter.wiring.clients import ProfilesOnDemand, client, clock, table

_NO_PULSES = timedelta(days=7)


def close_day() -> Callable[..., ClosedDay]:
    """Join `close_day`; call it with a day, its due hours and now."""
    settings = CloseSettings.from_environment()
    s3, tenants = client("s3"), table(settings.tenants_table)
    closings = S3ClosingStore(s3, settings.data_bucket)
    usage = _usage_table(settings.usage_table)
    value = partial(
        closing_valuation,
        decisions=DynamoDbDecisions(tenants),
        policies=S3Policies(s3, settings.data_bucket),
        books=books(s3, settings.data_bucket),
        source=ProfilesOnDemand(settings.account_id),
        facts=DynamoDbProfileFacts(tenants),
    )

    def job(*, day: Day, hours: Iterable[Hour], now: datetime) -> ClosedDay:
        close = partial(
            close_hour,
            now=now,
            hours=DynamoDbHourTable(table(settings.hours_table)),
            evidence=S3EvidenceStore(s3, settings.data_bucket),
            closings=closings,
            usage=usage,
            rollups=S3RollupStore(s3, settings.data_bucket),
            valuation_for=partial(value, now=now),
        )
        return sum_up_day(day, hours, close=close, closings=closings, usage=usage)

    return job


def close_months() -> Callable[..., tuple[Month, ...]]:
    """Join `close_months`; call it with the hours that were closed."""
    settings = MonthSettings.from_environment()
    closings = S3ClosingStore(client("s3"), settings.data_bucket)
    usage = _usage_table(settings.usage_table)

    def job(*, hours: Iterable[Hour]) -> tuple[Month, ...]:
        return sum_up_months(hours, closings=closings, usage=usage)

    return job


def finish_hours() -> Callable[..., tuple[Hour, ...]]:
    """Join `finish_hours`; call it with the marks that `close_day` answered, hold and now."""
    settings = FinishSettings.from_environment()
    closings = S3ClosingStore(client("s3"), settings.data_bucket)

    def job(
        *, marks: Iterable[Mapping[str, Any]], hold: Hour | None, now: datetime
    ) -> tuple[Hour, ...]:
        return publish(
            [Mark(**mark) for mark in marks],
            hold,
            now=now,
            grace=settings.grace,
            closings=closings,
            hours=DynamoDbHourTable(table(settings.hours_table)),
        )

    return job


def _usage_table(name: str) -> DynamoDbUsageTable:
    return DynamoDbUsageTable(table(name), clock=clock, pulses_kept=_NO_PULSES)
