"""Where levels, flags, overrides and notices are kept, and where a tenant's past is read."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from bedrock_meter.domain.levels.baseline import Baseline
from bedrock_meter.domain.levels.level_state import LevelState
from bedrock_meter.domain.levels.notice import Notice
from bedrock_meter.domain.levels.stored_state import HistoryEntry, LevelChange, StoredState
from bedrock_meter.domain.time.hours import Hour


class LevelStore(Protocol):
    """Levels and flags of tenants, changed only together."""

    def stored_state(self, tenant: str) -> StoredState:
        """Read all that is kept about a tenant; the level is never stale, the switch may lag."""

    def put(self, change: LevelChange) -> bool:
        """Write level, flag, override, notice and history together, or nothing.

        False when the stored version is not `change.previous` (any more).
        """

    def touch(self, tenant: str, version: int, state: LevelState) -> bool:
        """Note that a tenant was assessed again and nothing changed; False for another version."""

    def put_baseline(self, tenant: str, baseline: Baseline) -> None:
        """Keep a tenant's baseline, in place of the one before."""

    def not_green(self) -> Iterator[str]:
        """Return every tenant that is not green (may lag a little), without reading the others."""

    def history(self, tenant: str) -> list[HistoryEntry]:
        """Read what happened to a tenant, oldest first."""

    def switch(self) -> HistoryEntry | None:
        """Read who stopped all automatic throttling, and why; None while it is not stopped."""

    def put_switch(self, entry: HistoryEntry | None) -> None:
        """Stop all automatic throttling, or (None) let it go on."""


class Claim(NamedTuple):
    """A notice taken for oneself: through which channels it was told, and which attempt this is."""

    sent: frozenset[str]
    attempt: int


class NoticeOutbox(Protocol):
    """Notices written with a change of level, until everybody was told or given up."""

    def pending(self) -> Iterator[Notice]:
        """Return the notices that nobody acknowledged (may lag a little), oldest first."""

    def claim(self, notice: Notice, now: datetime, until: datetime) -> Claim | None:
        """Take a notice for a while; None when it is settled, put off, or somebody else's."""

    def put_off(self, notice: Notice, sent: Collection[str], until: datetime) -> None:
        """Note through which channels a notice was told; nobody claims it before `until`."""

    def acknowledge(self, notice: Notice, now: datetime, unsent: Collection[str] = ()) -> None:
        """Settle a notice, told through all channels but `unsent`; a second time does nothing."""


class NotSent(Exception):
    """A channel could not pass a notice on; the message says to whom, and why."""


class NoticeChannel(Protocol):
    """A way to tell people; its name stays the same from one attempt to the next."""

    name: str

    def notify(self, notice: Notice) -> None:
        """Pass a notice on, or do nothing where it is not for this channel; raise `NotSent`."""


class PastHours(Protocol):
    """A tenant's closed hours."""

    def costs(self, tenant: str, first: Hour, until: Hour) -> Mapping[Hour, int]:
        """Read attodollars per closed hour from `first`, included, to `until`, not included."""
