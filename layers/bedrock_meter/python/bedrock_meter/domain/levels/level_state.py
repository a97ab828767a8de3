"""The level machine: up at once, down one level at a time, after a margin and a dwell."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.reading import Reading, held, reached, strongest
from bedrock_meter.domain.levels.way_down import way_down
from bedrock_meter.domain.time.hours import text_of

STALE_AFTER = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class LevelState:
    """A tenant's level and why.

    `since`: when this level was entered. `held_at`: the last moment a signal held it; the dwell
    counts from it. `cause`: the reading that holds the level, or held it last. `readings`: all that
    reach or hold a level now. `as_of`: when it was assessed; `data_up_to`: the moment up to which
    the assessment knew calls. `dwell`: how long each step down takes.
    """

    level: Level
    since: datetime
    held_at: datetime
    cause: Reading | None
    readings: tuple[Reading, ...]
    as_of: datetime
    data_up_to: datetime
    dwell: timedelta

    def stale(self, now: datetime) -> bool:
        """Return whether the last assessment is too long ago to be shown as current."""
        return now - self.as_of > STALE_AFTER

    def steps_down_at(self) -> datetime:
        """Return when the next milder level is due if no signal holds this one."""
        return max(self.since, self.held_at) + self.dwell

    def explanation(self) -> str:
        """Return one sentence: which signal holds the level, since when, what would lower it."""
        if self.level is Level.GREEN or self.cause is None:
            return "green: no signal reaches a level"
        holding = any(reading.holds >= self.level for reading in self.readings)
        due, below = text_of(self.steps_down_at()), self.level.below().word
        minutes = self.dwell // timedelta(minutes=1)
        falls = (
            f"falls to {below} {minutes} minutes after {way_down(self.cause)}"
            if holding
            else f"no signal holds it any more; falls to {below} at {due}"
        )
        return f"{self.level.word} since {text_of(self.since)}: {self.cause.reason}; {falls}"


def state_for(
    previous: LevelState | None,
    readings: Sequence[Reading],
    *,
    dwell: timedelta,
    data_up_to: datetime,
    now: datetime,
    may_lower: bool,
) -> LevelState:
    """Return the state that follows from the readings: up at once, down at most one level.

    Going down needs every signal that raised the level below its threshold minus the margin, for a
    whole dwell; within its margin a signal does not hold what another one raised. The step down is
    dated to the moment it was due, so that late assessments do not delay the next one.
    """
    readings = _assessed(readings, previous)
    level = previous.level if previous else Level.GREEN
    if previous is None or reached(readings) > level:
        level, since = reached(readings), now
    elif held(readings) < level and may_lower and now >= _due(previous, dwell):
        level, since = level.below(), _due(previous, dwell)
    else:
        since = previous.since
    supports = [reading for reading in readings if reading.holds >= level > Level.GREEN]
    held_at = [reading.held_at for reading in supports]
    if previous and since == previous.since:
        held_at.append(previous.held_at)
    return LevelState(
        level=level,
        since=since,
        held_at=max(held_at, default=since),
        cause=_cause(level, supports, previous),
        readings=readings,
        as_of=now,
        data_up_to=data_up_to,
        dwell=dwell,
    )


def _assessed(readings: Sequence[Reading], previous: LevelState | None) -> tuple[Reading, ...]:
    before: dict[str, Level] = {}
    for reading in previous.readings if previous else ():
        before[reading.signal] = max(reading.holds, before.get(reading.signal, Level.GREEN))
    if previous and previous.cause:
        # What raised the level may hold it again after a dip, as long as the level is not left.
        signal, level = previous.cause.signal, min(previous.cause.holds, previous.level)
        before[signal] = max(level, before.get(signal, Level.GREEN))
    assessed = (one.assessed_after(before.get(one.signal, Level.GREEN)) for one in readings)
    return tuple(reading for reading in assessed if reading.holds > Level.GREEN)


def _due(state: LevelState, dwell: timedelta) -> datetime:
    # The dwell of today's plan, whatever it was when the level was entered.
    return replace(state, dwell=dwell).steps_down_at()


def _cause(
    level: Level, supports: Sequence[Reading], previous: LevelState | None
) -> Reading | None:
    """Return what holds the level, or held it last; None for green."""
    if level is Level.GREEN:
        return None
    return strongest(supports) or (previous.cause if previous else None)
