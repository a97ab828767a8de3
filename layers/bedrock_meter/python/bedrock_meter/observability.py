"""What the functions report of themselves: one logger, one set of metrics, every name in one list.

A log line has a constant message and its values as fields; never an event whole, a prompt or the
environment. Metrics are written as log lines (EMF), so they cost no call, but each costs for every
hour in which it is written. So a function writes what alarms read, and with the variable `METRICS`
set to `full` the others, too.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from aws_lambda_powertools.logging import Logger
from aws_lambda_powertools.metrics import Metrics, MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)

from bedrock_meter.compose.settings import MetricSettings
from bedrock_meter.domain.time.hours import Hour, start_of


class _WritesWhatThereIs(AmazonCloudWatchEMFProvider):
    """Most invocations write no metric, as no alarm has to know of them: not worth a warning."""

    def flush_metrics(self, raise_on_empty_metrics: bool = False) -> None:
        if self.metric_set:
            super().flush_metrics(raise_on_empty_metrics)


logger = Logger(utc=True)  # as on Lambda, wherever this runs
metrics = Metrics(provider=_WritesWhatThereIs())


class Log(StrEnum):
    """The messages of log lines."""

    METERED = "log object metered"
    KNOWN = "log object known"
    RESTORED = "erased names restored by a replay"
    SKIPPED = "not a log file"
    REJECTED = "records set aside"
    PLANNED = "hours planned"
    SWEEP_FAILED = "log bucket not looked through"
    DAY_CLOSED = "day closed"
    HOUR_LEFT_OPEN = "hour left open"
    ASSESSED = "tenants assessed"
    SENT = "notices delivered"
    UNSENT = "notice not delivered"
    LOGGING_LOOKED_AT = "logging looked at"
    COMPARED = "price book compared"
    COMPLETENESS_CHECKED = "completeness checked"
    AUDITED = "hour audited"
    NOT_AUDITED = "no hour audited"


class Metric(StrEnum):
    """The metrics."""

    OBJECTS_ANNOUNCED = "ObjectsAnnounced"
    OBJECTS_MISSED = "ObjectsMissed"
    RECORDS_METERED = "RecordsMetered"
    RECORDS_QUARANTINED = "RecordsQuarantined"
    RECORDS_OUT_OF_TIME = "RecordsOutOfTime"
    IDENTITY_CONFLICTS = "IdentityConflicts"
    UNPRICED_TOKENS = "UnpricedTokens"
    ATTRIBUTION_CONFLICTS = "AttributionConflicts"
    DUPLICATES_APART = "DuplicatesApart"
    FOLDS = "Folds"
    SLOTS_OVERFLOWED = "SlotsOverflowed"
    EVIDENCE_MISSING = "EvidenceMissing"
    HOUR_FILL_PERCENT = "HourFillPercent"
    HOURS_WAITING = "HoursWaiting"
    OBJECTS_OUTSTANDING = "ObjectsOutstanding"
    DATA_UP_TO_AGE_MINUTES = "DataUpToAgeMinutes"
    HOURS_PUBLISHED = "HoursPublished"
    LEVEL_CHANGES = "LevelChanges"
    NOTICES_UNSENT = "NoticesUnsent"
    PRICE_DIFFERENCES = "PriceDifferences"
    CALLS_MISSING = "CallsMissing"
    LOGGING_CHANGED = "LoggingChanged"
    HOURS_AUDITED = "HoursAudited"
    AUDIT_DIFFERENCES = "AuditDifferences"


READ_BY_ALARMS = frozenset(
    {
        Metric.RECORDS_QUARANTINED,
        Metric.RECORDS_OUT_OF_TIME,
        Metric.IDENTITY_CONFLICTS,
        Metric.UNPRICED_TOKENS,
        Metric.ATTRIBUTION_CONFLICTS,
        Metric.DUPLICATES_APART,
        Metric.SLOTS_OVERFLOWED,
        Metric.EVIDENCE_MISSING,
        Metric.HOUR_FILL_PERCENT,
        Metric.DATA_UP_TO_AGE_MINUTES,
        Metric.NOTICES_UNSENT,
        Metric.PRICE_DIFFERENCES,
        Metric.CALLS_MISSING,
        Metric.LOGGING_CHANGED,
        Metric.HOURS_AUDITED,
        Metric.AUDIT_DIFFERENCES,
    }
)
"""The metrics of the alarms in alarms.yaml (tests/template compares the two)."""

USUAL: Mapping[Metric, int] = {
    Metric.DATA_UP_TO_AGE_MINUTES: 105,  # an hour, and the longest grace there is
    Metric.HOUR_FILL_PERCENT: 25,
}
"""Up to this value a gauge is as usual, far from its alarm: it is written under `full` alone."""

ALARMED_REASONS: Mapping[str, Metric] = {
    "clock": Metric.RECORDS_OUT_OF_TIME,
    "identity_conflict": Metric.IDENTITY_CONFLICTS,
}
"""Reasons of rejects that no broken record explains; they have alarms of their own."""

UNITS: Mapping[Metric, MetricUnit] = {Metric.HOUR_FILL_PERCENT: MetricUnit.Percent}


def count(metric: Metric, value: int) -> None:
    """Add to a metric; 0 is left out, so that a metric without events costs nothing."""
    if value:
        gauge(metric, value)


def gauge(metric: Metric, value: int) -> None:
    """Report a value that means something at 0, too, if an alarm may have to know of it."""
    of_use = metric in READ_BY_ALARMS and value > USUAL.get(metric, -1)
    if of_use or writes_all():
        metrics.add_metric(metric, UNITS.get(metric, MetricUnit.Count), value)


def writes_all() -> bool:
    """Return whether metrics that no alarm reads are written (template parameter `Metrics`)."""
    return MetricSettings.from_environment().metrics == "full"


def rejected(object_id: str, reasons: Mapping[str, int]) -> None:
    """Count rejects by reason, and log the object they came from."""
    if not reasons:
        return
    logger.warning(Log.REJECTED, extra={"object": object_id, "reasons": dict(reasons)})
    count(Metric.RECORDS_QUARANTINED, sum(reasons.values()))
    for reason, metric in ALARMED_REASONS.items():
        count(metric, reasons.get(reason, 0))


def not_sent(unsent: Collection[str]) -> None:
    """Count the notices that could not be delivered, and log why."""
    for line in unsent:
        logger.error(Log.UNSENT, extra={"unsent": line})
    count(Metric.NOTICES_UNSENT, len(unsent))


def minutes_since(hour: str | None, now: datetime) -> int:
    """Return whole minutes from the beginning of an hour to now; 0 while there is no hour yet."""
    if hour is None:
        return 0
    return (now - start_of(Hour(hour))) // timedelta(minutes=1)
