"""Auditing: log objects, read once more, against what was published. Needs pyarrow."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import SystemRandom

from bedrock_meter.aws.dynamodb_decisions import DynamoDbDecisions, DynamoDbProfileFacts
from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable
from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable
from bedrock_meter.aws.s3_closings import S3ClosingStore
from bedrock_meter.aws.s3_evidence import S3EvidenceStore
from bedrock_meter.aws.s3_logs import S3LogStore
from bedrock_meter.aws.s3_manifests import S3ManifestStore
from bedrock_meter.aws.s3_policies import S3Policies
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.audit import Audit, CannotAudit
from bedrock_meter.jobs.audit_hour import AuditStores
from bedrock_meter.jobs.audit_hour import audit_hour as audit
from bedrock_meter.jobs.draw_audit import audit_any_hour
from bedrock_meter.jobs.reread_objects import BOUNDS, Bounds, ByteSource, Reader
from bedrock_meter.jobs.value_calls import remembered_valuation
from bedrock_meter.logs.clock import MOST_HOURS
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.log import read_log
from bedrock_meter.ports import Remaining
from bedrock_meter.settings import AuditSettings
from bedrock_meter.version import METER_VERSION
from bedrock_meter.wiring.books import books
from bedrock_meter.wiring.clients import client, clock, table

__all__ = ["CannotAudit", "audit_hour", "plain_reader"]

_NO_PULSES = timedelta(days=7)
_random = SystemRandom()


def audit_hour() -> Callable[..., Audit]:
    """Join the audit; call it with an hour (None: any), now and the time remaining.

    It raises `CannotAudit` when the hour, or every hour that was tried, cannot be compared.
    """
    settings = AuditSettings.from_environment()
    s3, tenants = client("s3"), table(settings.tenants_table)
    stores = AuditStores(
        hours=DynamoDbHourTable(table(settings.hours_table)),
        logs=S3LogStore(s3, settings.log_bucket, settings.log_prefix),
        manifests=S3ManifestStore(s3, settings.data_bucket),
        evidence=S3EvidenceStore(s3, settings.data_bucket),
        closings=S3ClosingStore(s3, settings.data_bucket),
        usage=DynamoDbUsageTable(table(settings.usage_table), clock=clock, pulses_kept=_NO_PULSES),
    )
    value = partial(
        remembered_valuation,
        decisions=DynamoDbDecisions(tenants),
        policies=S3Policies(s3, settings.data_bucket),
        books=books(s3, settings.data_bucket),
        facts=DynamoDbProfileFacts(tenants),
    )

    def job(*, hour: Hour | None, now: datetime, remaining: Remaining) -> Audit:
        one = partial(
            audit,
            stores=stores,
            reader=plain_reader(BOUNDS),
            valuation_for=value,
            remaining=remaining,
        )
        if hour is not None:
            return one(hour)
        return audit_any_hour(
            now=now,
            kept=settings.logs_kept,
            choose=_random.choice,
            stores=stores,
            audit=one,
            remaining=remaining,
        )

    return job


def plain_reader(bounds: Bounds) -> Reader:
    """Give the plain reader of log objects; within bounds, it takes them in any order."""
    return Reader(_records_in, METER_VERSION, MOST_HOURS, bounds, _shuffled)


def _records_in(body: ByteSource, log_object: LogObject) -> Iterator[Evidence | Reject]:
    source = Source(log_object.object_id, log_object.stamp, log_object.account, log_object.region)
    return read_log(body, source)


def _shuffled(object_ids: Sequence[str]) -> Sequence[str]:
    return _random.sample(object_ids, len(object_ids))
