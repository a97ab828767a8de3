"""Standing: what is kept about one tenant's level, and one change of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from bedrock_meter.domain.levels.baseline import Baseline
from bedrock_meter.domain.levels.flag import Flag, numbered
from bedrock_meter.domain.levels.level_state import LevelState
from bedrock_meter.domain.levels.notice import NO_CAUSE, Notice
from bedrock_meter.domain.levels.reading import Reading
from bedrock_meter.domain.time.hours import milliseconds_of


@dataclass(frozen=True, slots=True)
class StoredState:
    """A tenant's level as stored. Version 0: nothing is stored yet.

    `flag` is the automatic one, `override` a person's, which may have expired. `switched_off`: a
    person has stopped all automatic throttling.
    """

    tenant: str
    version: int = 0
    state: LevelState | None = None
    flag: Flag | None = None
    override: Flag | None = None
    baseline: Baseline | None = None
    switched_off: bool = False

    def override_at(self, now: datetime) -> Flag | None:
        """Return the override while it lasts."""
        return self.override if self.override and self.override.expires_at > now else None


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One line of a tenant's history: what happened, by whom, why."""

    at: datetime
    what: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class LevelChange:
    """Everything that one change writes, in one transaction, if `previous` is still in place.

    `flag` is what applications read: the automatic flag, or an override with the automatic flag in
    `then`. `override` is what stays of a person's decision; None: no override (any more);
    `override_changed` tells whether that is news.
    """

    tenant: str
    previous: int
    version: int
    state: LevelState
    automatic: Flag
    flag: Flag
    override: Flag | None
    override_changed: bool = False
    notice: Notice | None = None
    entry: HistoryEntry | None = None


def version_after(previous: int, now: datetime) -> int:
    """Number the next version: milliseconds since 1970, and always more than the one before."""
    return max(previous + 1, milliseconds_of(now))


def published(automatic: Flag, override: Flag | None, version: int) -> Flag:
    """Combine what applications read: the override first while there is one."""
    flag = replace(override, then=automatic) if override else automatic
    return numbered(flag, version)


def level_entry(notice: Notice, cause: Reading | None) -> HistoryEntry:
    """Write a change of level, and the reading behind it, into the history."""
    what = f"{notice.before.word} to {notice.after.word}"
    return HistoryEntry(notice.at, what, "assess", cause.reason if cause else NO_CAUSE)
