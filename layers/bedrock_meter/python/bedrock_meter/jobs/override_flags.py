"""A person's word on flags: override one, take that back, or stop all automatic throttling."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bedrock_meter.domain.levels.flag import OBSERVE, Flag, flag_for, override_flag
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.level_state import LevelState, state_for
from bedrock_meter.domain.levels.plan import BLOCK, NONE, SLOW, Plan, Response
from bedrock_meter.domain.levels.stored_state import (
    HistoryEntry,
    LevelChange,
    StoredState,
    published,
    version_after,
)
from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.ports.levels import LevelStore

ATTEMPTS = 5
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
    """Let a person's flag count until a time; the automatic one goes on behind it.

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
        automatic=None,
    )
    entry = HistoryEntry(now, f"override: {response.action}", by, reason)
    return _changed(tenant, plan, now, store, entry, lambda stored_state: (flag, stored_state.flag))


def clear_override(
    tenant: str, *, by: str, reason: str, plan: Plan, now: datetime, store: LevelStore
) -> Flag:
    """Let the automatic flag count again at once."""
    entry = HistoryEntry(now, "override cleared", by, reason)
    return _changed(tenant, plan, now, store, entry, lambda stored_state: (None, stored_state.flag))


def switch_throttling(
    *, off: bool, mode: str, by: str, reason: str, now: datetime, store: LevelStore
) -> list[str]:
    """Stop all automatic throttling, or let it go on; names the tenants whose flags changed.

    The switch comes first: whoever assesses from now on obeys it. Then the flags of all tenants
    that are not green are written again, so that applications notice within seconds. Overrides of
    single tenants stay: a person meant them. A second time repairs what the first left undone.
    """
    entry = HistoryEntry(now, "throttling off" if off else "throttling on", by, reason)
    store.put_switch(entry if off else None)
    wanted = OBSERVE if off else mode
    changed = []
    for tenant in store.not_green():
        stored_state = store.stored_state(tenant)
        if stored_state.flag and stored_state.flag.mode != wanted:
            _changed(tenant, Plan(), now, store, entry, _in_mode(wanted))
            changed.append(tenant)
    return changed


type _Decision = Callable[[StoredState], tuple[Flag | None, Flag | None]]
"""From what stands: the override and the automatic flag from now on; None: derive it."""


def _in_mode(mode: str) -> _Decision:
    def decision(stored_state: StoredState) -> tuple[Flag | None, Flag | None]:
        return stored_state.override, _with_mode(stored_state.flag, mode)

    return decision


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
    for _ in range(ATTEMPTS):
        stored_state = store.stored_state(tenant)
        state = stored_state.state or _never_assessed(plan, now)
        override, automatic = decision(stored_state)
        automatic = automatic or flag_for(tenant, state, plan, now, OBSERVE)
        version = version_after(stored_state.version, now)
        change = LevelChange(
            tenant=tenant,
            previous=stored_state.version,
            version=version,
            state=state,
            automatic=automatic,
            flag=published(automatic, override, version),
            override=override,
            override_changed=override != stored_state.override,
            entry=entry,
        )
        if store.put(change):
            return change.flag
    raise Contended(f"the flag of {tenant!r} changed {ATTEMPTS} times meanwhile; try again")


def _never_assessed(plan: Plan, now: datetime) -> LevelState:
    return state_for(None, (), dwell=plan.dwell, data_up_to=now, now=now, may_lower=False)
