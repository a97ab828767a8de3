"""Override flags: set a tenant's flag, clear that again, or stop all automatic throttling."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bedrock_meter.domain.levels.flag import OBSERVE, Flag, flag_for, override_flag
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.level_state import LevelState, state_for
from bedrock_meter.domain.levels.plan import BLOCK, NONE, SLOW, Plan, Response
from bedrock_meter.domain.levels.stored_state import (
    HistoryEntry,
    StoredState,
    change_of,
)
from bedrock_meter.jobs.assess_tenant import ATTEMPTS
from bedrock_meter.jobs.put_next import put_next
from bedrock_meter.ports.levels import LevelStore

LEVELS = {NONE: Level.GREEN, SLOW: Level.ORANGE, BLOCK: Level.RED}
"""The level that an override shows for its action."""


def override_tenant(
    tenant: str,
    *,
    response: Response,
    until: datetime,
    by: str,
    reason: str,
    plan: Plan,
    now: datetime,
    store: LevelStore,
) -> Flag:
    """Let a person's flag count until a time; the automatic one counts after it.

    It is enforced whatever the stack's mode is. The history keeps who, when and why.
    """
    flag = override_flag(
        tenant,
        level=LEVELS[response.action],
        response=response,
        reason=reason,
        stale_rule=plan.stale_rule,
        now=now,
        until=until,
    )
    entry = HistoryEntry(now, f"override: {response.action}", by, reason)
    return _changed(tenant, plan, now, store, entry, lambda stored: (flag, stored.flag))


def clear_override(
    tenant: str, *, by: str, reason: str, plan: Plan, now: datetime, store: LevelStore
) -> Flag:
    """Let the automatic flag count again at once."""
    entry = HistoryEntry(now, "override cleared", by, reason)
    return _changed(tenant, plan, now, store, entry, lambda stored: (None, stored.flag))


def switch_throttling(
    *, off: bool, mode: str, by: str, reason: str, now: datetime, store: LevelStore
) -> list[str]:
    """Stop all automatic throttling, or let it go on; return the tenants whose flags changed.

    The switch comes first: every assessment from now on obeys it. Then the flags of all tenants
    that are not green are written again, so that applications notice within seconds. Overrides of
    single tenants stay. A second call finishes what the first left undone.
    """
    entry = HistoryEntry(now, "throttling off" if off else "throttling on", by, reason)
    store.put_switch(entry if off else None)
    wanted = OBSERVE if off else mode
    changed = []
    for tenant in store.not_green():
        flag = store.stored_state(tenant).flag
        if flag and flag.mode != wanted:
            _changed(tenant, Plan(), now, store, entry, _in_mode(wanted))
            changed.append(tenant)
    return changed


type _Decision = Callable[[StoredState], tuple[Flag | None, Flag | None]]
"""From the stored state to the override and the automatic flag (None: to be derived)."""


def _in_mode(mode: str) -> _Decision:
    return lambda stored: (stored.override, _with_mode(stored.flag, mode))


def _with_mode(flag: Flag | None, mode: str) -> Flag | None:
    return replace(flag, mode=mode, then=_with_mode(flag.then, mode)) if flag else None


def _changed(
    tenant: str,
    plan: Plan,
    now: datetime,
    store: LevelStore,
    entry: HistoryEntry,
    decision: _Decision,
) -> Flag:
    def turn() -> Flag | None:
        stored = store.stored_state(tenant)
        state = stored.state or _never_assessed(plan, now)
        override, automatic = decision(stored)
        automatic = automatic or flag_for(tenant, state, plan, now, OBSERVE)
        change = change_of(stored, state, automatic, override, now, entry)
        return change.flag if store.put(change) else None

    return put_next(turn, ATTEMPTS, f"the flag of {tenant!r} was changed by others")


def _never_assessed(plan: Plan, now: datetime) -> LevelState:
    return state_for(None, (), dwell=plan.dwell, data_up_to=now, now=now, may_lower=False)
