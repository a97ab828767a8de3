"""What the jobs need of queues, of whoever judges a tenant at once, and of the time they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import timedelta

    from bedrock_meter.domain.records.log_object import LogObject
    from bedrock_meter.domain.time.hours import Hour
    from bedrock_meter.domain.totals.board import Board, PutOff


class IngestQueue(Protocol):
    """Where log objects are announced to the ingest a second time."""

    def announce(self, log_objects: Iterable[LogObject]) -> None:
        """Queue log objects for metering."""


class WakeQueue(Protocol):
    """Where pulses and judgements wait that are not due yet, or that there was no time for."""

    def later(self, put_off: PutOff) -> None:
        """Have the pulses of an hour refreshed, and its tenants judged, in a while."""


type Assess = Callable[[str, Mapping[Hour, Sequence[Board]]], None]
"""Judge one tenant at once: tenant, and the boards of the hours that moved."""

type Remaining = Callable[[], timedelta]
"""How long a worker has still to live."""
