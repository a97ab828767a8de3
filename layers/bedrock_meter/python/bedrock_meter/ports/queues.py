"""What the jobs need of queues, of assessing a tenant at once, and of the time they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import timedelta

    from bedrock_meter.domain.records.log_object import LogObject
    from bedrock_meter.domain.time.hours import Hour
    from bedrock_meter.domain.totals.live import DeferredRefresh, SlotTotals


class IngestQueue(Protocol):
    """Where log objects are announced to the ingest a second time."""

    def announce(self, log_objects: Iterable[LogObject]) -> None:
        """Queue log objects for metering."""


class RefreshQueue(Protocol):
    """Where refreshes of live hours wait that are not due yet, or that there was no time for."""

    def later(self, deferred: DeferredRefresh) -> None:
        """Have live hours refreshed, and their tenants assessed, after a delay."""


type Assess = Callable[[str, Mapping[Hour, Sequence[SlotTotals]]], None]
"""Assess one tenant at once: tenant, and the slot totals of the hours that moved."""

type Remaining = Callable[[], timedelta]
"""How much time a worker has left."""
