"""What the jobs need of queues, and of whoever judges a tenant at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from bedrock_meter.domain.board import Board, PutOff
    from bedrock_meter.domain.hours import Hour
    from bedrock_meter.domain.log_object import LogObject


class IngestQueue(Protocol):
    """Where log objects are announced to the ingest a second time."""

    def announce(self, log_objects: Iterable[LogObject]) -> None:
        """Queue log objects for metering."""


class WakeQueue(Protocol):
    """Where pulses wait that are not to be refreshed yet."""

    def later(self, put_off: PutOff) -> None:
        """Have the pulses of an hour refreshed in a while."""


type Assess = Callable[[str, Hour, Sequence[Board], datetime], None]
"""Judge one tenant at once: tenant, hour that moved, the boards of that hour, now."""
