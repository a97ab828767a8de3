"""The live lane: partials that moved become boards and pulses, and raise levels."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

from bedrock_meter.aws.dynamodb_decisions import DynamoDbDecisions
from bedrock_meter.aws.dynamodb_flags import DynamoDbFlags
from bedrock_meter.aws.dynamodb_hours import DynamoDbHourTable
from bedrock_meter.aws.dynamodb_levels import DynamoDbLevels
from bedrock_meter.aws.dynamodb_live import moved_partial
from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable
from bedrock_meter.aws.s3_policies import S3Policies
from bedrock_meter.aws.sqs_queues import SqsWakeQueue
from bedrock_meter.domain.time.hours import Hour, Slot, hour_of
from bedrock_meter.domain.totals.board import Board, PutOff
from bedrock_meter.jobs.deliver_notices import deliver_notices
from bedrock_meter.jobs.fold_slot import FoldStores, Given, Woken
from bedrock_meter.jobs.fold_slot import fold_slot as fold
from bedrock_meter.jobs.fold_slot import refresh_pulses as refresh
from bedrock_meter.jobs.judge_tenants import Judge
from bedrock_meter.jobs.read_spend import reach_at
from bedrock_meter.jobs.value_calls import policy_for
from bedrock_meter.ports import Remaining
from bedrock_meter.settings import FoldSettings
from bedrock_meter.wiring.clients import client, clock, table
from bedrock_meter.wiring.notices import notice_channels
from bedrock_meter.wiring.tables import live_table

PULSES_KEPT = timedelta(days=7)


class Folded(NamedTuple):
    """Boards without room for every tenant; whom a raised level could not be told, a line each."""

    overflowing: int
    untold: tuple[str, ...]


def fold_slot() -> Callable[..., Folded]:
    """Join `fold_slot`; call it with the keys of stream records, now and the time remaining."""
    settings = FoldSettings.from_environment()
    stores = _stores(settings)

    def job(*, keys: Iterable[tuple[str, str]], now: datetime, remaining: Remaining) -> Folded:
        moved = [moved for pk, sk in keys if (moved := moved_partial(pk, sk))]
        alarm = _RaisedLevels(settings, now)
        overflowing = fold(
            [Woken(slot, object_id) for slot, object_id in moved],
            alarm.given(remaining),
            stores,
            pulse_every=settings.pulse_every,
        )
        return Folded(overflowing, alarm.tell())

    return job


def refresh_pulses() -> Callable[..., tuple[str, ...]]:
    """Join `refresh_pulses`; call it with the parts of a `PutOff`, now and the time remaining.

    It answers whom a raised level could not be told, a line each.
    """
    settings = FoldSettings.from_environment()
    stores = _stores(settings)

    def job(
        *,
        hour: Hour,
        tenants: Iterable[str | None],
        boards: Iterable[tuple[Slot, int]],
        judge: bool,
        now: datetime,
        remaining: Remaining,
    ) -> tuple[str, ...]:
        versions = tuple((slot, version) for slot, version in boards)
        alarm = _RaisedLevels(settings, now)
        note = PutOff(hour, tuple(tenants), versions, judge)
        refresh(note, alarm.given(remaining), stores)
        return alarm.tell()

    return job


class _RaisedLevels:
    """Judges the tenants of one fold, and tells about levels that rose."""

    def __init__(self, settings: FoldSettings, now: datetime) -> None:
        self._settings = settings
        self._now = now
        self._levels = DynamoDbLevels(
            table(settings.tenants_table), DynamoDbFlags(table(settings.flags_table))
        )
        self._judge: Judge | None = None
        self._changes = 0
        decisions = DynamoDbDecisions(table(settings.tenants_table))
        self._policy = policy_for(hour_of(now), decisions, _policies(settings.data_bucket))

    def given(self, remaining: Remaining) -> Given:
        return Given(self._now, self._policy.tenants.keys(), self._assess, remaining)

    def _assess(self, tenant: str, boards: Mapping[Hour, Sequence[Board]]) -> None:
        judge = self._judge = self._judge or self._new_judge()
        assessment = judge.live(tenant, boards)
        self._changes += assessment is not None and assessment.level != assessment.before

    def tell(self) -> tuple[str, ...]:
        if not self._changes:
            return ()
        channels = notice_channels(self._settings.notice_topic_arn)
        return deliver_notices(outbox=self._levels, channels=channels, now=self._now).untold

    def _new_judge(self) -> Judge:
        settings = self._settings
        hours = DynamoDbHourTable(table(settings.hours_table))
        return Judge(
            now=self._now,
            policy=self._policy,
            reach=reach_at(self._now, hours=hours, live=live_table(settings)),
            usage=_usage_table(settings),
            store=self._levels,
            mode=settings.throttle_mode,
        )


@cache
def _policies(bucket: str) -> S3Policies:
    """Policies never change; a function that lives on reads each once."""
    return S3Policies(client("s3"), bucket)


def _stores(settings: FoldSettings) -> FoldStores:
    wake = SqsWakeQueue(client("sqs"), settings.wake_queue_url, settings.pulse_seconds)
    return FoldStores(live_table(settings), _usage_table(settings), wake)


def _usage_table(settings: FoldSettings) -> DynamoDbUsageTable:
    return DynamoDbUsageTable(table(settings.usage_table), clock=clock, pulses_kept=PULSES_KEPT)
