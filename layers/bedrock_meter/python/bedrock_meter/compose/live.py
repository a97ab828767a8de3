"""The live lane: partials that moved become slot totals and live hours, and raise levels."""

from collections.abc import Callable, Iterable
from datetime import datetime

from bedrock_meter.aws.dynamodb_live import moved_partial
from bedrock_meter.compose.functions import load, stores_by
from bedrock_meter.compose.settings import FoldSettings
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.time.hours import Hour, Slot
from bedrock_meter.domain.totals.live import DeferredRefresh
from bedrock_meter.jobs.fold_slot import MovedSlot
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
        moved = [MovedSlot(*moved) for pk, sk in keys if (moved := moved_partial(pk, sk))]
        return lane.fold(moved, now=now, remaining=remaining)

    return job


def refresh_live_hours() -> Callable[..., tuple[str, ...]]:
    """Join `refresh_live_hours`; call it with a `DeferredRefresh`, now and the time remaining.

    It answers a line for each notice that was not sent.
    """
    lane = _lane()

    def job(
        *,
        hour: Hour,
        tenants: Iterable[Tenant],
        versions: Iterable[tuple[Slot, int]],
        assess: bool,
        now: datetime,
        remaining: Remaining,
    ) -> tuple[str, ...]:
        seen = tuple((slot, version) for slot, version in versions)
        note = DeferredRefresh(hour, tuple(tenants), seen, assess)
        return lane.refresh(note, now=now, remaining=remaining)

    return job


def _lane() -> LiveLane:
    settings = FoldSettings.from_environment()
    return LiveLane(stores_by(settings), settings.throttle_mode, settings.live_hour_every)
