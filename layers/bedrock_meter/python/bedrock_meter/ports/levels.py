"""Where levels, flags, overrides and notices are stored, and where a tenant's past is read."""

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
        """Read all that is stored about a tenant; the level is never stale, the switch may lag."""

    def put(self, change: LevelChange) -> bool:
        """Write level, flag, override, notice and history together, or nothing.

        False when the stored version is not `change.previous` (any more).
        """

    def touch(self, tenant: str, version: int, state: LevelState) -> bool:
        """Note that a tenant was assessed again and nothing changed; False for another version."""

    def put_baseline(self, tenant: str, baseline: Baseline) -> None:
        """Store a tenant's baseline, in place of the one before."""

    def not_green(self) -> Iterator[str]:
        """Yield every tenant that is not green (may lag a little), without reading the others."""

    def history(self, tenant: str) -> list[HistoryEntry]:
        """Read what happened to a tenant, oldest first."""

    def switch(self) -> HistoryEntry | None:
        """Read who stopped all automatic throttling, and why; None while it is not stopped."""

    def put_switch(self, entry: HistoryEntry | None) -> None:
        """Stop all automatic throttling, or start it again (None)."""


class Claim(NamedTuple):
    """A notice taken for one delivery: which channels have sent it, which attempt this is."""

    sent: frozenset[str]
    attempt: int


class NoticeOutbox(Protocol):
    """Notices written with a change of level, until each channel has sent them or is given up."""

    def pending(self) -> Iterator[Notice]:
        """Yield the notices that are not acknowledged (may lag a little), oldest first."""

    def claim(self, notice: Notice, now: datetime, until: datetime) -> Claim | None:
        """Take a notice for a while; None when it is settled, deferred, or another delivery's."""

    def defer(self, notice: Notice, sent: Collection[str], until: datetime) -> None:
        """Note which channels have sent a notice; it cannot be claimed before `until`."""

    def acknowledge(self, notice: Notice, now: datetime, unsent: Collection[str] = ()) -> None:
        """Settle a notice, sent through all channels but `unsent`; a second time does nothing."""


class NotSent(Exception):
    """A channel could not send a notice; the message says to what, and why."""


class NoticeChannel(Protocol):
    """A way to notify people; its name is the same in every attempt."""

    name: str

    def notify(self, notice: Notice) -> None:
        """Send a notice, or do nothing where it is not for this channel; raise `NotSent`."""


class PastHours(Protocol):
    """A tenant's closed hours."""

    def costs(self, tenant: str, first: Hour, until: Hour) -> Mapping[Hour, int]:
        """Read attodollars per closed hour from `first`, included, to `until`, not included."""
