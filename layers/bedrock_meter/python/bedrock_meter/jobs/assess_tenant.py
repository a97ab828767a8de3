"""Assess a tenant: from its spend to its level, its flag and a notice."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bedrock_meter.domain.levels.baseline import HOURS_OF_WEEK, WEEKS, baseline_for
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
    change_of,
    level_entry,
)
from bedrock_meter.domain.time.hours import Hour, day_of, hour_after, hour_of
from bedrock_meter.jobs.put_next import put_next
from bedrock_meter.ports.levels import LevelStore, PastHours

LIVE, FULL = "live", "full"
ATTEMPTS = 5
MOST_UNBUDGETED = 5
"""How many notices of a run may be about tenants that are not listed and have no budget."""


class NoticeQuota:
    """Limits the notices of one run: any caller can invent tenants and state their names.

    Levels, flags and history are kept without a notice, too; `flags list` shows them.
    """

    def __init__(self) -> None:
        self._left = MOST_UNBUDGETED

    def allows(self, plan: Plan, lane: str) -> bool:
        """Return whether one more notice may be sent; of unlisted tenants only hourly."""
        if plan.is_listed or plan.has_budget():
            return True
        if lane == LIVE or not self._left:
            return False
        self._left -= 1
        return True


@dataclass(frozen=True, slots=True)
class Assessment:
    """The result for one tenant: its level before and now, and its flag unless it is green."""

    tenant: str
    before: Level
    level: Level
    flag: Flag | None


def assess_tenant(
    tenant: str,
    *,
    spend: Callable[[], Spend],
    plan: Plan,
    now: datetime,
    store: LevelStore,
    lane: str,
    mode: str = OBSERVE,
    past: PastHours | None = None,
    may_notify: Callable[[Plan, str], bool] = lambda _plan, _lane: True,
) -> Assessment:
    """Assess one tenant and write what changed, in one transaction.

    Lane `live` may only raise a level or prolong a flag; `full` does everything, and keeps the
    baseline fresh when it can read the `past`. After a lost race spend and level are read again;
    raise `Contended` after too many. The same spend at the same `now` a second time writes nothing.
    """

    def turn() -> Assessment | None:
        used, stored = spend(), store.stored_state(tenant)
        if lane == FULL and past is not None:
            stored = _with_baseline(stored, now, store, past)
        state = state_for(
            stored.state,
            readings_for(used, plan, stored.baseline, now),
            dwell=plan.dwell,
            data_up_to=used.data_up_to,
            now=now,
            may_lower=lane == FULL,
        )
        if lane == LIVE and state.level is Level.GREEN:
            return Assessment(tenant, Level.GREEN, Level.GREEN, None)
        change = change_for(stored, state, plan, now, mode)
        if change.notice and not may_notify(plan, lane):
            change = replace(change, notice=None)
        if not _written(stored, change, now, store, lane):
            return None
        return Assessment(tenant, stored.level, state.level, change.flag)

    return put_next(turn, ATTEMPTS, f"the level of {tenant!r} was changed by others")


def change_for(
    stored: StoredState, state: LevelState, plan: Plan, now: datetime, mode: str
) -> LevelChange:
    """Return what should be stored about a tenant in this state; pure."""
    tenant = stored.tenant
    automatic = flag_for(tenant, state, plan, now, OBSERVE if stored.switched_off else mode)
    change = change_of(stored, state, automatic, stored.override_at(now), now)
    notice = notice_for(tenant, change.version, stored.level, state, automatic, plan, now)
    if notice is None:
        return change
    return replace(change, notice=notice, entry=level_entry(notice, state.cause))


def _written(
    stored: StoredState, change: LevelChange, now: datetime, store: LevelStore, lane: str
) -> bool:
    if _matters(stored, change, now, lane):
        return store.put(change)
    if lane == LIVE or change.state == stored.state:
        return True
    return store.touch(change.tenant, stored.version, change.state)


def _matters(stored: StoredState, change: LevelChange, now: datetime, lane: str) -> bool:
    """Return whether a change is worth a version: another level, or another flag from now on."""
    if stored.state is None:
        return lane == FULL or change.state.level > Level.GREEN
    if change.entry:
        return True
    flag = stored.flag.in_force(now) if stored.flag else None
    if lane == LIVE:
        return _prolongs(flag, change.automatic, now)
    if change.override_changed or change.state.level is Level.GREEN:
        return change.override_changed
    return not change.automatic.same_as(flag)


def _prolongs(stored: Flag | None, new: Flag, now: datetime) -> bool:
    """Return whether a flag is stricter or lasts longer than the one in force."""
    if new.expires_at <= now:
        return False
    return stored is None or (new.level, new.expires_at) > (stored.level, stored.expires_at)


def _with_baseline(
    stored: StoredState, now: datetime, store: LevelStore, past: PastHours
) -> StoredState:
    """Replace a baseline of an earlier day by one of the closed hours."""
    midnight = Hour(f"{day_of(hour_of(now))}T00")
    if stored.baseline and stored.baseline.up_to >= midnight:
        return stored
    first = hour_after(midnight, -WEEKS * HOURS_OF_WEEK)
    baseline = baseline_for(past.costs(stored.tenant, first, midnight), midnight)
    store.put_baseline(stored.tenant, baseline)
    return replace(stored, baseline=baseline)
