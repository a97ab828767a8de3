"""Assess tenants: assess their spend, move their levels, raise and lower their flags."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bedrock_meter.domain.levels.baseline import WEEKS, baseline_for
from bedrock_meter.domain.levels.flag import OBSERVE, Flag, flag_for
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.level_state import LevelState, state_for
from bedrock_meter.domain.levels.notice import notice_for
from bedrock_meter.domain.levels.plan import Plan
from bedrock_meter.domain.levels.signals import readings_for
from bedrock_meter.domain.levels.spend import Spend
from bedrock_meter.domain.levels.stored_state import (
    LevelChange,
    StoredState,
    level_entry,
    published,
    version_after,
)
from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.time.hours import Hour, day_of, hour_after, hour_of
from bedrock_meter.ports.levels import LevelStore, PastHours

LIVE, FULL = "live", "full"
ATTEMPTS = 5


MOST_UNBUDGETED = 5
"""So many notices of a run are about tenants that nobody listed and that have no budget."""


class NoticeQuota:
    """Limits the notices of one run: anybody can make up a tenant, and write its name.

    Levels, flags and history of the others are kept all the same; `flags list` shows them.
    """

    def __init__(self) -> None:
        self._left = MOST_UNBUDGETED

    def allows(self, plan: Plan, lane: str) -> bool:
        """Return whether people are told of one more change; of made-up tenants only hourly."""
        if plan.is_listed or plan.has_budget():
            return True
        if lane == LIVE or not self._left:
            return False
        self._left -= 1
        return True


@dataclass(frozen=True, slots=True)
class Assessment:
    """What became of one tenant: its level now, the one before, the flag if it was written."""

    tenant: str
    before: Level
    level: Level
    flag: Flag | None


def assess_tenant(
    tenant: str,
    *,
    spend: Spend,
    plan: Plan,
    now: datetime,
    store: LevelStore,
    lane: str,
    mode: str = OBSERVE,
    past: PastHours | None = None,
    reread: Callable[[], Spend] | None = None,
    may_notify: Callable[[Plan, str], bool] = lambda _plan, _lane: True,
) -> Assessment:
    """Assess one tenant and write what changed, in one transaction.

    Lane `live` may only raise a level or prolong a flag; `full` does everything, and keeps the
    baseline fresh when it can read the `past`. A lost race reads level and spend again; after
    `ATTEMPTS` of them `Contended`. The same spend at the same `now` a second time writes nothing.
    """
    for _ in range(ATTEMPTS):
        stored_state = store.stored_state(tenant)
        if lane == FULL and past is not None:
            stored_state = _with_baseline(stored_state, now, store, past)
        state = _assessed(stored_state, spend, plan, now, lane)
        if lane == LIVE and state.level is Level.GREEN:
            return Assessment(tenant, Level.GREEN, Level.GREEN, None)
        change = change_for(stored_state, state, plan, now, mode)
        if change.notice and not may_notify(plan, lane):
            change = replace(change, notice=None)
        if _written(stored_state, change, now, store, lane):
            return _assessment(stored_state, change)
        spend = reread() if reread else spend
    raise Contended(f"the level of {tenant!r} changed {ATTEMPTS} times while it was assessed")


def _assessed(
    stored_state: StoredState, spend: Spend, plan: Plan, now: datetime, lane: str
) -> LevelState:
    return state_for(
        stored_state.state,
        readings_for(spend, plan, stored_state.baseline, now),
        dwell=plan.dwell,
        data_up_to=spend.data_up_to,
        now=now,
        may_lower=lane == FULL,
    )


def change_for(
    stored_state: StoredState, state: LevelState, plan: Plan, now: datetime, mode: str
) -> LevelChange:
    """Derive what should be stored about a tenant in this state; pure."""
    version = version_after(stored_state.version, now)
    automatic = flag_for(
        stored_state.tenant, state, plan, now, OBSERVE if stored_state.switched_off else mode
    )
    override = stored_state.override_at(now)
    before = stored_state.state.level if stored_state.state else Level.GREEN
    flag = published(automatic, override, version)
    notice = notice_for(stored_state.tenant, version, before, state, automatic, plan, now)
    return LevelChange(
        tenant=stored_state.tenant,
        previous=stored_state.version,
        version=version,
        state=state,
        automatic=automatic,
        flag=flag,
        override=override,
        override_changed=override != stored_state.override,
        notice=notice,
        entry=level_entry(notice, state.cause) if notice else None,
    )


def _written(
    stored_state: StoredState, change: LevelChange, now: datetime, store: LevelStore, lane: str
) -> bool:
    if _matters(stored_state, change, now, lane):
        return store.put(change)
    if lane == LIVE or change.state == stored_state.state:
        return True
    return store.touch(change.tenant, stored_state.version, change.state)


def _matters(stored_state: StoredState, change: LevelChange, now: datetime, lane: str) -> bool:
    """Return whether a change is worth a version: another level, or another flag from now on."""
    if stored_state.state is None:
        return lane == FULL or change.state.level > Level.GREEN
    if change.entry:
        return True
    stored = stored_state.flag.in_force(now) if stored_state.flag else None
    if lane == LIVE:
        return _prolongs(stored, change.automatic, now)
    if change.override_changed or change.state.level is Level.GREEN:
        return change.override_changed
    return not change.automatic.same_as(stored)


def _prolongs(stored: Flag | None, new: Flag, now: datetime) -> bool:
    """Return whether a flag is stricter or lasts longer than the one in force."""
    if new.expires_at <= now:
        return False
    return stored is None or (new.level, new.expires_at) > (stored.level, stored.expires_at)


def _with_baseline(
    stored_state: StoredState, now: datetime, store: LevelStore, past: PastHours
) -> StoredState:
    """Refresh a baseline of an earlier day; it is derived anew from the closed hours."""
    midnight = Hour(f"{day_of(hour_of(now))}T00")
    if stored_state.baseline and stored_state.baseline.up_to >= midnight:
        return stored_state
    first = hour_after(midnight, -WEEKS * 7 * 24)
    baseline = baseline_for(past.costs(stored_state.tenant, first, midnight), midnight)
    store.put_baseline(stored_state.tenant, baseline)
    return replace(stored_state, baseline=baseline)


def _assessment(stored_state: StoredState, change: LevelChange) -> Assessment:
    before = stored_state.state.level if stored_state.state else Level.GREEN
    return Assessment(change.tenant, before, change.state.level, change.flag)
