"""Levels, flags and notices in memory: the same contract as the tables, for tests and dry runs."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from threading import Lock

from bedrock_meter.domain.levels.baseline import Baseline
from bedrock_meter.domain.levels.flag import Flag
from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.level_state import LevelState
from bedrock_meter.domain.levels.notice import Notice
from bedrock_meter.domain.levels.stored_state import HistoryEntry, LevelChange, StoredState
from bedrock_meter.ports.levels import Claim


class MemoryLevels:
    """LevelStore and NoticeOutbox. `flags` is what applications would read."""

    def __init__(self) -> None:
        self.flags: dict[str, Flag] = {}
        self._states: dict[str, StoredState] = {}
        self._history: dict[str, list[HistoryEntry]] = {}
        self._outbox: dict[tuple[int, str], Notice] = {}
        self._claims: dict[tuple[int, str], datetime] = {}
        self._sent: dict[tuple[int, str], Claim] = {}
        self._switch: HistoryEntry | None = None
        self._lock = Lock()

    def stored_state(self, tenant: str) -> StoredState:
        """Read all that is stored about a tenant."""
        known = self._states.get(tenant, StoredState(tenant))
        return replace(known, switched_off=self._switch is not None)

    def put(self, change: LevelChange) -> bool:
        """Write a change if the version before it is in place."""
        with self._lock:
            known = self._states.get(change.tenant, StoredState(change.tenant))
            if known.version != change.previous:
                return False
            self._states[change.tenant] = replace(
                known,
                version=change.version,
                state=change.state,
                flag=change.automatic,
                override=change.override,
            )
            self.flags[change.tenant] = change.flag
            if change.notice:
                self._outbox[change.notice.id, change.tenant] = change.notice
            if change.entry:
                self._history.setdefault(change.tenant, []).append(change.entry)
            return True

    def touch(self, tenant: str, version: int, state: LevelState) -> bool:
        """Note an assessment without a change."""
        with self._lock:
            known = self._states.get(tenant)
            if known is None or known.version != version:
                return False
            self._states[tenant] = replace(known, state=state)
            return True

    def put_baseline(self, tenant: str, baseline: Baseline) -> None:
        """Keep a baseline."""
        with self._lock:
            known = self._states.get(tenant, StoredState(tenant))
            self._states[tenant] = replace(known, baseline=baseline)

    def not_green(self) -> Iterator[str]:
        """Return the tenants that are not green."""
        for tenant, known in sorted(self._states.items()):
            if known.state and known.state.level > Level.GREEN:
                yield tenant

    def history(self, tenant: str) -> list[HistoryEntry]:
        """Read what happened to a tenant."""
        return list(self._history.get(tenant, ()))

    def switch(self) -> HistoryEntry | None:
        """Read the switch."""
        return self._switch

    def put_switch(self, entry: HistoryEntry | None) -> None:
        """Turn the switch."""
        self._switch = entry

    def pending(self) -> Iterator[Notice]:
        """Yield the notices that are not acknowledged."""
        yield from [notice for _, notice in sorted(self._outbox.items())]

    def claim(self, notice: Notice, now: datetime, until: datetime) -> Claim | None:
        """Take a notice for a while."""
        key = notice.id, notice.tenant
        with self._lock:
            taken = self._claims.get(key)
            if key not in self._outbox or (taken is not None and taken > now):
                return None
            self._claims[key] = until
            before = self._sent.get(key, Claim(frozenset(), 0))
            self._sent[key] = before._replace(attempt=before.attempt + 1)
            return self._sent[key]

    def defer(self, notice: Notice, sent: Collection[str], until: datetime) -> None:
        """Note which channels have sent a notice, and when the others try again."""
        key = notice.id, notice.tenant
        self._sent[key] = self._sent[key]._replace(sent=frozenset(sent))
        self._claims[key] = until

    def acknowledge(self, notice: Notice, now: datetime, unsent: Collection[str] = ()) -> None:
        """Forget a notice that is settled."""
        self._outbox.pop((notice.id, notice.tenant), None)
