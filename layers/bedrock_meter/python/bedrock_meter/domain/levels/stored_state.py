"""The stored state of one tenant's level, and one change of it."""

from dataclasses import dataclass, replace
from datetime import datetime

from bedrock_meter.domain.levels.baseline import Baseline
from bedrock_meter.domain.levels.flag import Flag, numbered
from bedrock_meter.domain.levels.level import Level
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

    @property
    def level(self) -> Level:
        """The level; green when nothing is stored."""
        return self.state.level if self.state else Level.GREEN

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
    """Everything that one change writes, in one transaction, if `previous` is still stored.

    `flag` is what applications read: the automatic flag, or an override with the automatic flag in
    `then`. `override` is a person's flag that lasts; None: there is none (any more).
    `override_changed`: the stored override is another one.
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


def change_of(
    before: StoredState,
    state: LevelState,
    automatic: Flag,
    override: Flag | None,
    now: datetime,
    entry: HistoryEntry | None = None,
) -> LevelChange:
    """Return the change that puts a state, an automatic flag and an override in place.

    The version is milliseconds since 1970, and always higher than the one before.
    """
    version = max(before.version + 1, milliseconds_of(now))
    flag = replace(override, then=automatic) if override else automatic
    return LevelChange(
        tenant=before.tenant,
        previous=before.version,
        version=version,
        state=state,
        automatic=automatic,
        flag=numbered(flag, version),
        override=override,
        override_changed=override != before.override,
        entry=entry,
    )


def level_entry(notice: Notice, cause: Reading | None) -> HistoryEntry:
    """Return the line of history for a change of level and the reading behind it."""
    what = f"{notice.before.word} to {notice.after.word}"
    return HistoryEntry(notice.at, what, "assess", cause.reason if cause else NO_CAUSE)
