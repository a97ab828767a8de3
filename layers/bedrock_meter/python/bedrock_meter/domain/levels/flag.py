"""The flag that applications obey. It holds its reason, its end, and what follows that end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.level_state import LevelState
from bedrock_meter.domain.levels.plan import BLOCK, NO_LIMITS, NONE, Limits, Plan, Response
from bedrock_meter.domain.levels.reading import strongest
from bedrock_meter.domain.time.hours import text_of

OBSERVE, ENFORCE = "observe", "enforce"
ASSESS, OVERRIDE = "assess", "override"
JITTER_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """One tenant's flag. From `expires_at` on, the flag in `then` counts, if there is one.

    `resume_at` is when a blocked or slowed application should try again: the end, and up to a
    minute more, different for every tenant, so that not all come back at once. Two flags that
    differ in nothing but `version` mean the same.
    """

    tenant: str
    version: int = 0
    level: Level
    action: str = NONE
    limits: Limits = NO_LIMITS
    deny: tuple[str, ...] = ()
    reason: str
    since: datetime
    expires_at: datetime
    resume_at: datetime
    stale_rule: str
    source: str = ASSESS
    mode: str
    then: "Flag | None" = None

    def in_force(self, now: datetime) -> "Flag | None":
        """Return the flag that counts at a moment: this one, one that follows, or none."""
        flag: Flag | None = self
        while flag and flag.expires_at <= now:
            flag = flag.then
        return flag

    def same_as(self, other: "Flag | None") -> bool:
        """Return whether another flag differs in nothing but versions."""
        return other is not None and numbered(self, 0) == numbered(other, 0)


def flag_for(tenant: str, state: LevelState, plan: Plan, now: datetime, mode: str) -> Flag:
    """Derive the automatic flag from a level and its plan; version 0 until it is written.

    The flag may be milder than the level: a block ends when its reason ends, the level waits for
    its dwell. `then` holds the milder flags, so that a flag ends without anybody lowering it.
    """
    effects = [(level, end) for level, end in _effects(state) if end > now]
    if not effects:
        return _quiet(tenant, state, plan, mode)
    flag: Flag | None = None
    starts = [state.since, *(end for _, end in effects)]
    for (level, end), since in reversed(list(zip(effects, starts, strict=False))):
        flag = Flag(
            tenant=tenant,
            level=level,
            **_response_fields(plan.response_at(level)),
            reason=_reason(level, end, state),
            since=since,
            expires_at=end,
            resume_at=end + jitter(tenant),
            stale_rule=plan.stale_rule,
            mode=mode,
            then=flag,
        )
    assert flag is not None  # There is at least one effect.
    return flag


def _response_fields(response: Response) -> dict[str, Any]:
    """Return the fields of a flag that ask something of applications."""
    return {"action": response.action, "limits": response.limits, "deny": response.deny}


def _effects(state: LevelState) -> Iterable[tuple[Level, datetime]]:
    """Yield each level, from the highest, with the end of its effect; ends only grow."""
    last = None
    for level in reversed([level for level in Level if Level.GREEN < level <= state.level]):
        end = _end_of(level, state)
        if end is not None and (last is None or end > last):
            last = end
            yield level, end


def _end_of(level: Level, state: LevelState) -> datetime | None:
    ends = [reading.ends_at for reading in state.readings if reading.holds >= level]
    if state.cause and state.cause.fades and level < state.cause.holds:
        ends.append(state.steps_down_at() + (state.level - level) * state.dwell)
    return max(ends, default=None)


def _reason(level: Level, end: datetime, state: LevelState) -> str:
    """Return the reason of the reading that ends with this effect, else of the way down."""
    reading = strongest(r for r in state.readings if r.holds >= level and r.ends_at == end)
    if reading:
        return reading.reason
    return f"on the way down from: {state.cause.reason}" if state.cause else ""


def _quiet(tenant: str, state: LevelState, plan: Plan, mode: str) -> Flag:
    """Return a flag without effect: green, or a level without reasons that waits to fall."""
    green = state.level is Level.GREEN
    end = state.since if green else state.steps_down_at()
    waits = f"{state.level.word}, but its reason is over: it waits for its dwell"
    return Flag(
        tenant=tenant,
        level=state.level,
        reason="green" if green else waits,
        since=state.since,
        expires_at=end,
        resume_at=end,
        stale_rule=plan.stale_rule,
        mode=mode,
    )


def override_flag(
    tenant: str,
    *,
    level: Level,
    response: Response,
    reason: str,
    stale_rule: str,
    now: datetime,
    until: datetime,
) -> Flag:
    """Return a person's flag, which is always enforced, until a time."""
    return Flag(
        tenant=tenant,
        level=level,
        **_response_fields(response),
        reason=reason,
        since=now,
        expires_at=until,
        resume_at=until + (jitter(tenant) if response.action == BLOCK else timedelta()),
        stale_rule=stale_rule,
        source=OVERRIDE,
        mode=ENFORCE,
    )


def numbered(flag: Flag, version: int) -> Flag:
    """Return a flag, and those that follow it, with a version."""
    then = numbered(flag.then, version) if flag.then else None
    return replace(flag, version=version, then=then)


def jitter(tenant: str) -> timedelta:
    """Return a fixed part of a minute for each tenant."""
    return timedelta(seconds=int.from_bytes(sha256(tenant.encode()).digest()[:4]) % JITTER_SECONDS)


def ends_of(flag: Flag) -> Sequence[str]:
    """Return what a flag and each one that follows does, and until when, for people."""
    own = f"{flag.action} until {text_of(flag.expires_at)}"
    return [own, *(ends_of(flag.then) if flag.then else ())]
