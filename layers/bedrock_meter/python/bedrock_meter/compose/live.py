"""The live lane: partials that moved become boards and pulses, and raise levels."""

from collections.abc import Callable, Iterable
from datetime import datetime

from bedrock_meter.aws.dynamodb_live import moved_partial
from bedrock_meter.compose.functions import load, stores_by
from bedrock_meter.compose.settings import FoldSettings
from bedrock_meter.domain.time.hours import Hour, Slot
from bedrock_meter.domain.totals.board import PutOff
from bedrock_meter.jobs.fold_slot import Woken
from bedrock_meter.jobs.raise_levels import Folded, LiveLane
from bedrock_meter.ports import Remaining

load(
    "dynamodb_decisions", "dynamodb_flags", "dynamodb_hours", "dynamodb_levels", "dynamodb_usage",
    "eventbridge_notices", "s3_bodies", "s3_policies", "sns_notices", "sqs_queues",
)  # fmt: skip


def fold_slot() -> Callable[..., Folded]:
    """Join `fold_slot`; call it with the keys of stream records, now and the time remaining."""
    lane = _lane()

    def job(*, keys: Iterable[tuple[str, str]], now: datetime, remaining: Remaining) -> Folded:
        moved = [Woken(*moved) for pk, sk in keys if (moved := moved_partial(pk, sk))]
        return lane.fold(moved, now=now, remaining=remaining)

    return job


def refresh_pulses() -> Callable[..., tuple[str, ...]]:
    """Join `refresh_pulses`; call it with the parts of a `PutOff`, now and the time remaining.

    It answers whom a raised level could not be told, a line each.
    """
    lane = _lane()

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
        note = PutOff(hour, tuple(tenants), versions, judge)
        return lane.refresh(note, now=now, remaining=remaining)

    return job


def _lane() -> LiveLane:
    settings = FoldSettings.from_environment()
    return LiveLane(stores_by(settings), settings.throttle_mode, settings.pulse_every)
