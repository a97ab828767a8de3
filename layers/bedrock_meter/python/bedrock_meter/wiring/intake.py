"""Intake: log objects become evidence, rejects and partials."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import BinaryIO

from bedrock_meter.aws.dynamodb_decisions import DynamoDbDecisions, DynamoDbProfileFacts
from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable
from bedrock_meter.aws.dynamodb_waiting import DynamoDbWaitList
from bedrock_meter.aws.s3_evidence import S3EvidenceStore
from bedrock_meter.aws.s3_logs import S3LogStore
from bedrock_meter.aws.s3_manifests import S3ManifestStore
from bedrock_meter.aws.s3_policies import S3Policies
from bedrock_meter.aws.s3_quarantine import S3QuarantineStore
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.records.log_object import LogObject, log_object_of
from bedrock_meter.jobs.ingest import IngestReport, IngestStores, Reading
from bedrock_meter.jobs.ingest import ingest as meter
from bedrock_meter.jobs.resolve_profiles import LiveProfiles
from bedrock_meter.jobs.value_calls import live_valuation
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.reading import reading_of
from bedrock_meter.settings import IngestSettings
from bedrock_meter.version import METER_VERSION
from bedrock_meter.wiring.books import books
from bedrock_meter.wiring.clients import ProfilesOnDemand, client, table
from bedrock_meter.wiring.tables import live_table


def ingest() -> Callable[..., IngestReport]:
    """Join `ingest`; call it with a bucket, a key, whether the live lane wants it, and now."""
    settings = IngestSettings.from_environment()
    s3 = client("s3")
    reader = _Reader(settings)
    stores = IngestStores(
        manifests=S3ManifestStore(s3, settings.data_bucket),
        evidence=S3EvidenceStore(s3, settings.data_bucket),
        quarantine=S3QuarantineStore(s3, settings.data_bucket),
        hours=DynamoDbHourTable(table(settings.hours_table)),
        live=live_table(settings),
        waits=DynamoDbWaitList(table(settings.partials_table)),
    )

    def job(*, bucket: str, key: str, is_live: bool, now: datetime) -> IngestReport:
        return meter(
            log_object_of(bucket, key),
            now=now,
            is_live=is_live,
            version=METER_VERSION,
            logs=S3LogStore(s3, settings.log_bucket, settings.log_prefix),
            read=reader.read,
            stores=stores,
        )

    return job


class _Reader:
    """Reads log objects under the policy of the moment; callers recognised once stay known."""

    def __init__(self, settings: IngestSettings) -> None:
        s3, tenants = client("s3"), table(settings.tenants_table)
        self._decisions = DynamoDbDecisions(tenants)
        self._policies = S3Policies(s3, settings.data_bucket)
        self._books = books(s3, settings.data_bucket)
        self._profiles = LiveProfiles(
            ProfilesOnDemand(settings.account_id), DynamoDbProfileFacts(tenants)
        )
        self._callers: tuple[Policy, Callers] | None = None

    def read(
        self, body: BinaryIO, log_object: LogObject, now: datetime
    ) -> AbstractContextManager[Reading]:
        valuation = live_valuation(
            now,
            decisions=self._decisions,
            policies=self._policies,
            books=self._books,
            profiles=self._profiles,
        )
        if self._callers is None or self._callers[0].id != valuation.policy.id:
            self._callers = (valuation.policy, Callers(valuation.policy))
        return reading_of(body, log_object, valuation, self._callers[1])
