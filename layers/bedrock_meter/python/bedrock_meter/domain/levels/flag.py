"""The flag: what applications obey. It carries its reason, its end, and what follows that end."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.level_state import LevelState
from bedrock_meter.domain.levels.plan import BLOCK, NONE, Limits, Plan, Response
from bedrock_meter.domain.levels.reading import strongest
from bedrock_meter.domain.time.hours import text_of

OBSERVE, ENFORCE = "observe", "enforce"
ASSESS, OVERRIDE = "assess", "override"
JITTER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Flag:
    """One tenant's flag. It has no effect from `expires_at` on; then `then` counts, if any.

    `resume_at` is when a blocked or slowed application should try again: the end, and up to a
    minute more, different for every tenant, so that not all come back at once. Two flags that
    differ in nothing but `version` mean the same.
    """

    tenant: str
    version: int
    level: Level
    action: str
    limits: Limits
    deny: tuple[str, ...]
    reason: str
    since: datetime
    expires_at: datetime
    resume_at: datetime
    stale_rule: str
    source: str
    mode: str
    then: "Flag | None" = None

    def in_force(self, now: datetime) -> "Flag | None":
        """Return the flag that counts at a moment: this one, one that follows, or none."""
        flag: Flag | None = self
        while flag and flag.expires_at <= now:
            flag = flag.then
        return flag

    def same_as(self, other: "Flag | None") -> bool:
        """Return whether another flag says the same from now on, versions aside."""
        return other is not None and _unversioned(self) == _unversioned(other)


def flag_for(tenant: str, state: LevelState, plan: Plan, now: datetime, mode: str) -> Flag:
    """Derive the automatic flag from a level and its plan; version 0, the writer numbers it.

    The flag may be milder than the level: a block ends when its reason ends, the level waits for
    its dwell. `then` holds the milder steps, so nobody has to lower the flag for it to end.
    """
    steps = [(level, end) for level, end in _steps(state) if end > now]
    if not steps:
        return _quiet(tenant, state, plan, mode)
    flag: Flag | None = None
    starts = [state.since, *(end for _, end in steps)]
    for (level, end), since in reversed(list(zip(steps, starts, strict=False))):
        flag = _flag(tenant, level, since, end, state, plan, mode, then=flag)
    assert flag is not None  # There is at least one step.
    return flag


def _steps(state: LevelState) -> Iterable[tuple[Level, datetime]]:
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


def _flag(
    tenant: str,
    level: Level,
    since: datetime,
    end: datetime,
    state: LevelState,
    plan: Plan,
    mode: str,
    then: Flag | None,
) -> Flag:
    response = plan.response_at(level)
    reason = _reason(level, end, state)
    return replace(
        _without_effect(tenant, level, since, end, reason, plan.stale_rule, mode),
        action=response.action,
        limits=response.limits,
        deny=response.deny,
        resume_at=end + jitter(tenant),
        then=then,
    )


def _reason(level: Level, end: datetime, state: LevelState) -> str:
    """Return the reading that ends when this step ends; otherwise the step only leads down."""
    supports = (r for r in state.readings if r.holds >= level and r.ends_at == end)
    reading = strongest(supports)
    if reading:
        return reading.reason
    return f"on the way down from: {state.cause.reason}" if state.cause else ""


def _quiet(tenant: str, state: LevelState, plan: Plan, mode: str) -> Flag:
    """A flag without effect: green, or a level whose reasons are over and that waits to fall."""
    green = state.level is Level.GREEN
    end = state.since if green else state.steps_down_at()
    waits = f"{state.level.word}, but its reason is over: it waits for its dwell"
    reason = "green" if green else waits
    return _without_effect(tenant, state.level, state.since, end, reason, plan.stale_rule, mode)


def _without_effect(
    tenant: str,
    level: Level,
    since: datetime,
    end: datetime,
    reason: str,
    stale_rule: str,
    mode: str,
) -> Flag:
    return Flag(
        tenant=tenant,
        version=0,
        level=level,
        action=NONE,
        limits=Limits(),
        deny=(),
        reason=reason,
        since=since,
        expires_at=end,
        resume_at=end,
        stale_rule=stale_rule,
        source=ASSESS,
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
    automatic: Flag | None,
) -> Flag:
    """A person's flag: always enforced, ends at `until`, then the automatic flag counts again."""
    return replace(
        _without_effect(tenant, level, now, until, reason, stale_rule, ENFORCE),
        action=response.action,
        limits=response.limits,
        deny=response.deny,
        resume_at=until + (jitter(tenant) if response.action == BLOCK else timedelta()),
        source=OVERRIDE,
        then=automatic,
    )


def numbered(flag: Flag, version: int) -> Flag:
    """Return a flag, and those that follow it, one version."""
    then = numbered(flag.then, version) if flag.then else None
    return replace(flag, version=version, then=then)


def jitter(tenant: str) -> timedelta:
    """A fixed part of a minute for each tenant."""
    return timedelta(seconds=int.from_bytes(sha256(tenant.encode()).digest()[:4]) % JITTER_SECONDS)


def ends_of(flag: Flag) -> Sequence[str]:
    """Return what a flag does until when, step by step, for people."""
    steps, at = [], flag
    while True:
        steps.append(f"{at.action} until {text_of(at.expires_at)}")
        if at.then is None:
            return steps
        at = at.then


def _unversioned(flag: Flag) -> Flag:
    return numbered(flag, 0)
