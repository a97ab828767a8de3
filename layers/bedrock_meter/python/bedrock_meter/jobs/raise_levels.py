"""Raise levels: what moved is folded, its tenants are judged, and whoever rose is told about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple, Protocol

from bedrock_meter.domain.time.hours import Hour, hour_of
from bedrock_meter.domain.totals.board import Board, PutOff
from bedrock_meter.jobs.deliver_notices import deliver_notices
from bedrock_meter.jobs.fold_slot import FoldStores, Given, Woken, fold_slot, refresh_pulses
from bedrock_meter.jobs.judge_tenants import Judge
from bedrock_meter.jobs.read_spend import reach_at
from bedrock_meter.jobs.value_calls import policy_for
from bedrock_meter.ports import HourTable, LiveTable, Remaining, UsageTable, WakeQueue
from bedrock_meter.ports.decisions import DecisionLog, PolicyStore
from bedrock_meter.ports.levels import LevelStore, NoticeChannel, NoticeOutbox


class LaneStores(Protocol):
    """What the live lane uses; of most folds nobody is judged, so what that needs comes late."""

    @property
    def live(self) -> LiveTable: ...
    @property
    def usage(self) -> UsageTable: ...
    @property
    def wake(self) -> WakeQueue: ...
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
    """Boards without room for every tenant; whom a raised level could not be told, a line each."""

    overflowing: int
    untold: tuple[str, ...]


class LiveLane:
    """Folds and refreshes in a throttle mode, with pulses as old as `pulse_every` at most."""

    def __init__(self, stores: LaneStores, mode: str, pulse_every: timedelta) -> None:
        self._stores = stores
        self._folding = FoldStores(stores.live, stores.usage, stores.wake)
        self._mode = mode
        self._pulse_every = pulse_every

    def fold(self, woken: Iterable[Woken], *, now: datetime, remaining: Remaining) -> Folded:
        """Fold what moved; raise levels that rise by it, and deliver their notices."""
        raised = _RaisedLevels(self._stores, self._mode, now)
        given = raised.given(remaining)
        overflowing = fold_slot(woken, given, self._folding, pulse_every=self._pulse_every)
        return Folded(overflowing, raised.tell())

    def refresh(self, put_off: PutOff, *, now: datetime, remaining: Remaining) -> tuple[str, ...]:
        """Do what a fold put off; say whom a raised level could not be told, a line each."""
        raised = _RaisedLevels(self._stores, self._mode, now)
        refresh_pulses(put_off, raised.given(remaining), self._folding)
        return raised.tell()


class _RaisedLevels:
    """Judges the tenants of one fold, and tells about levels that rose."""

    def __init__(self, stores: LaneStores, mode: str, now: datetime) -> None:
        self._stores = stores
        self._mode = mode
        self._now = now
        self._changes = 0
        self._policy = policy_for(hour_of(now), stores.decisions, stores.policies)

    def given(self, remaining: Remaining) -> Given:
        return Given(self._now, self._policy.tenants.keys(), self._assess, remaining)

    def _assess(self, tenant: str, boards: Mapping[Hour, Sequence[Board]]) -> None:
        assessment = self._judge.live(tenant, boards)
        self._changes += assessment is not None and assessment.level != assessment.before

    def tell(self) -> tuple[str, ...]:
        if not self._changes:
            return ()
        stores = self._stores
        return deliver_notices(outbox=stores.outbox, channels=stores.channels, now=self._now).untold

    @cached_property
    def _judge(self) -> Judge:
        stores = self._stores
        return Judge(
            now=self._now,
            policy=self._policy,
            reach=reach_at(self._now, hours=stores.hours, live=stores.live),
            usage=stores.usage,
            store=stores.levels,
            mode=self._mode,
        )
