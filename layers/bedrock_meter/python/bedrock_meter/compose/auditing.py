"""Auditing: log objects, read once more, against what was published. Needs pyarrow."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from random import SystemRandom

from bedrock_meter.compose.functions import load, stores_by
from bedrock_meter.compose.settings import AuditSettings
from bedrock_meter.compose.valuing import remembered_valuation
from bedrock_meter.domain.records.byte_source import ByteSource
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.audit import Audit, CannotAudit
from bedrock_meter.jobs.audit_hour import AuditStores
from bedrock_meter.jobs.audit_hour import audit_hour as audit
from bedrock_meter.jobs.draw_audit import audit_any_hour
from bedrock_meter.jobs.reread_objects import BOUNDS, Bounds, Reader
from bedrock_meter.logs.clock import MOST_HOURS
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.log import read_log
from bedrock_meter.ports import Remaining
from bedrock_meter.version import METER_VERSION

load(
    "dynamodb_decisions", "dynamodb_hours", "dynamodb_usage", "s3_closings", "s3_evidence",
    "s3_logs", "s3_manifests", "s3_policies",
)  # fmt: skip

__all__ = ["CannotAudit", "audit_hour", "plain_reader"]

_random = SystemRandom()


def audit_hour() -> Callable[..., Audit]:
    """Join the audit; call it with an hour (None: any), now and the time remaining.

    It raises `CannotAudit` when the hour, or every hour that was tried, cannot be compared.
    """
    settings = AuditSettings.from_environment()
    stores = stores_by(settings)
    audited = stores.of(AuditStores)
    work = partial(
        audit,
        stores=audited,
        reader=plain_reader(BOUNDS),
        valuation_for=remembered_valuation(stores),
    )

    def job(*, hour: Hour | None, now: datetime, remaining: Remaining) -> Audit:
        one = partial(work, remaining=remaining)
        if hour is not None:
            return one(hour)
        return audit_any_hour(
            now=now,
            kept=settings.logs_kept,
            choose=_random.choice,
            stores=audited,
            audit=one,
            remaining=remaining,
        )

    return job


def plain_reader(bounds: Bounds) -> Reader:
    """Return the plain reader of log objects; within bounds, it takes them in any order."""
    return Reader(_records_in, METER_VERSION, MOST_HOURS, bounds, _shuffled)


def _records_in(body: ByteSource, log_object: LogObject) -> Iterator[Evidence | Reject]:
    source = Source(log_object.object_id, log_object.stamp, log_object.account, log_object.region)
    return read_log(body, source)


def _shuffled(object_ids: Sequence[str]) -> Sequence[str]:
    return _random.sample(object_ids, len(object_ids))
