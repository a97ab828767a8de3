"""Intake: log objects become evidence, rejects and partials."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial
from typing import BinaryIO

from bedrock_meter.compose.functions import load, stores_by
from bedrock_meter.compose.settings import IngestSettings
from bedrock_meter.compose.stores import Stores
from bedrock_meter.compose.valuing import books
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.records.log_object import LogObject, log_object_of
from bedrock_meter.jobs.ingest import IngestReport, IngestStores, ReadLog
from bedrock_meter.jobs.ingest import ingest as meter
from bedrock_meter.jobs.resolve_profiles import LiveProfiles
from bedrock_meter.jobs.value_calls import live_valuation
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.reading import reading_of
from bedrock_meter.version import METER_VERSION

load(
    "dynamodb_decisions", "dynamodb_hours", "dynamodb_live",
    "dynamodb_waiting", "s3_bodies", "s3_evidence", "s3_logs", "s3_manifests", "s3_policies",
    "s3_quarantine",
)  # fmt: skip
load("profiles", room="compose")


def ingest() -> Callable[..., IngestReport]:
    """Join `ingest`; call it with a bucket, a key, whether the live lane wants it, and now."""
    stores = stores_by(IngestSettings.from_environment())
    work = partial(
        meter,
        version=METER_VERSION,
        logs=stores.logs,
        read=_Reader(stores).read,
        stores=stores.of(IngestStores),
    )

    def job(*, bucket: str, key: str, is_live: bool, now: datetime) -> IngestReport:
        return work(log_object_of(bucket, key), now=now, is_live=is_live)

    return job


class _Reader:
    """Reads log objects under the policy in force; recognised callers are remembered."""

    def __init__(self, stores: Stores) -> None:
        self._value = partial(
            live_valuation,
            decisions=stores.decisions,
            policies=stores.policies,
            books=books(stores),
            profiles=LiveProfiles(stores.profiles, stores.facts),
        )
        self._callers: tuple[Policy, Callers] | None = None

    def read(
        self, body: BinaryIO, log_object: LogObject, now: datetime
    ) -> AbstractContextManager[ReadLog]:
        valuation = self._value(now)
        if self._callers is None or self._callers[0].id != valuation.policy.id:
            self._callers = (valuation.policy, Callers(valuation.policy))
        return reading_of(body, log_object, valuation, self._callers[1])
