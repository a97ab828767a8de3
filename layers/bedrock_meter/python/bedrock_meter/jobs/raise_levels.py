"""Raise levels: what moved is folded, its tenants are assessed, and notices of rises are sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple, Protocol

from bedrock_meter.domain.time.hours import Hour, hour_of
from bedrock_meter.domain.totals.live import DeferredRefresh, SlotTotals
from bedrock_meter.jobs.assess_tenants import Assessor
from bedrock_meter.jobs.deliver_notices import deliver_notices
from bedrock_meter.jobs.fold_slot import (
    FoldContext,
    FoldStores,
    MovedSlot,
    fold_slot,
    refresh_live_hours,
)
from bedrock_meter.jobs.read_spend import LiveUses, reach_at
from bedrock_meter.jobs.value_calls import policy_for
from bedrock_meter.ports import HourTable, LiveTable, RefreshQueue, Remaining, UsageTable
from bedrock_meter.ports.decisions import DecisionLog, PolicyStore
from bedrock_meter.ports.levels import LevelStore, NoticeChannel, NoticeOutbox


class LaneStores(Protocol):
    """What the live lane uses; most folds assess no tenant, so some of it is never made."""

    @property
    def live(self) -> LiveTable: ...
    @property
    def usage(self) -> UsageTable: ...
    @property
    def refreshes(self) -> RefreshQueue: ...
    @property
    def hours(self) -> HourTable: ...
    @property
    def decisions(self) -> DecisionLog: ...
    @property
    def policies(self) -> PolicyStore: ...
    @property
    def levels(self) -> LevelStore: ...
    @property
    def outbox(self) -> NoticeOutbox: ...
    @property
    def channels(self) -> Iterable[NoticeChannel]: ...


class Folded(NamedTuple):
    """How many slots have no room for every tenant, and a line for each unsent notice."""

    overflowing: int
    unsent: tuple[str, ...]


class LiveLane:
    """Folds and refreshes in a throttle mode; live hours are at most `live_hour_every` old."""

    def __init__(self, stores: LaneStores, mode: str, live_hour_every: timedelta) -> None:
        self._stores = stores
        self._folding = FoldStores(stores.live, stores.usage, stores.refreshes)
        self._mode = mode
        self._live_hour_every = live_hour_every

    def fold(self, moved: Iterable[MovedSlot], *, now: datetime, remaining: Remaining) -> Folded:
        """Fold what moved; raise levels that rise by it, and deliver their notices."""
        raised = _RaisedLevels(self._stores, self._mode, now)
        given = raised.given(remaining)
        overflowing = fold_slot(moved, given, self._folding, live_hour_every=self._live_hour_every)
        return Folded(overflowing, raised.notify())

    def refresh(
        self, deferred: DeferredRefresh, *, now: datetime, remaining: Remaining
    ) -> tuple[str, ...]:
        """Do what a fold deferred; return a line for each unsent notice."""
        raised = _RaisedLevels(self._stores, self._mode, now)
        refresh_live_hours(deferred, raised.given(remaining), self._folding)
        return raised.notify()


class _RaisedLevels:
    """Assesses the tenants of one fold, and sends notices of levels that rose."""

    def __init__(self, stores: LaneStores, mode: str, now: datetime) -> None:
        self._stores = stores
        self._mode = mode
        self._now = now
        self._changes = 0
        self._live = LiveUses(stores.live)
        self._policy = policy_for(hour_of(now), stores.decisions, stores.policies)

    def given(self, remaining: Remaining) -> FoldContext:
        return FoldContext(self._now, self._policy.tenants.keys(), self._assess, remaining)

    def _assess(self, tenant: str, slot_totals: Mapping[Hour, Sequence[SlotTotals]]) -> None:
        self._live.take(slot_totals)
        assessment = self._assessor.live(tenant, slot_totals)
        self._changes += assessment is not None and assessment.level != assessment.before

    def notify(self) -> tuple[str, ...]:
        if not self._changes:
            return ()
        stores = self._stores
        return deliver_notices(outbox=stores.outbox, channels=stores.channels, now=self._now).unsent

    @cached_property
    def _assessor(self) -> Assessor:
        stores = self._stores
        return Assessor(
            now=self._now,
            policy=self._policy,
            reach=reach_at(self._now, hours=stores.hours, live=self._live),
            usage=stores.usage,
            live_uses=self._live,
            store=stores.levels,
            mode=self._mode,
        )
