"""Where levels, flags, overrides and notices are kept, and where a tenant's past is read."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from bedrock_meter.domain.baseline import Baseline
from bedrock_meter.domain.hours import Hour
from bedrock_meter.domain.level_state import LevelState
from bedrock_meter.domain.notice import Notice
from bedrock_meter.domain.standing import Change, Entry, Standing


class LevelStore(Protocol):
    """Levels and flags of tenants, changed only together."""

    def standing(self, tenant: str) -> Standing:
        """Read all that is kept about a tenant; the level is never stale, the switch may lag."""

    def put(self, change: Change) -> bool:
        """Write level, flag, override, notice and history together, or nothing.

        False when the stored version is not `change.previous` (any more).
        """

    def touch(self, tenant: str, version: int, state: LevelState) -> bool:
        """Note that a tenant was judged again and nothing changed; False for another version."""

    def put_baseline(self, tenant: str, baseline: Baseline) -> None:
        """Keep a tenant's baseline, in place of the one before."""

    def not_green(self) -> Iterator[str]:
        """Name every tenant that is not green (may lag a little), without reading the others."""

    def history(self, tenant: str) -> list[Entry]:
        """Read what happened to a tenant, oldest first."""

    def switch(self) -> Entry | None:
        """Read who stopped all automatic throttling, and why; None while it is not stopped."""

    def put_switch(self, entry: Entry | None) -> None:
        """Stop all automatic throttling, or (None) let it go on."""


class NoticeOutbox(Protocol):
    """Notices written with a change of level, until somebody was told."""

    def pending(self) -> Iterator[Notice]:
        """Give the notices that nobody acknowledged (may lag a little), oldest first."""

    def claim(self, notice: Notice, now: datetime, until: datetime) -> bool:
        """Take a notice for oneself for a while; False when it is told, or somebody else's."""

    def acknowledge(self, notice: Notice, now: datetime) -> None:
        """Note that a notice was told; a second time changes nothing."""


class NoticeChannel(Protocol):
    """A way to tell people."""

    def tell(self, notice: Notice) -> None:
        """Pass a notice on; raises when it could not be passed on."""


class PastHours(Protocol):
    """A tenant's closed hours."""

    def costs(self, tenant: str, first: Hour, until: Hour) -> Mapping[Hour, int]:
        """Read attodollars per closed hour from `first`, included, to `until`, not included."""
