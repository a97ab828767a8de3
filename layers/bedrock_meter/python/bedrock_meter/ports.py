"""What the jobs need from outside, one promise per method.

Every write named `put` replaces: doing it twice is doing it once. A method that answers a bool says
whether the write took place; False means that something newer, or somebody quicker, was there.
Adapters live in `aws/`, their twins in memory in `local/`; one set of contract tests runs on both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:  # a function that only keeps logs need not know what a month's total is
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime
    from typing import BinaryIO

    from bedrock_meter.domain.board import Board, Pulse, PutOff
    from bedrock_meter.domain.correction import Correction
    from bedrock_meter.domain.evidence import Evidence
    from bedrock_meter.domain.hour_row import HourRow, Mark
    from bedrock_meter.domain.hours import Day, Hour, Month, Slot
    from bedrock_meter.domain.log_object import LogObject, ObjectRow
    from bedrock_meter.domain.partial import Partial
    from bedrock_meter.domain.quarantine import Reject, Rejected
    from bedrock_meter.domain.rollup import ClosedCall
    from bedrock_meter.domain.top import Ranked
    from bedrock_meter.domain.total import DayTotal, HourTotal, MonthTotal, Total


class LogStore(Protocol):
    """The log bucket; read only."""

    def open(self, log_object: LogObject) -> AbstractContextManager[BinaryIO]:
        """Stream the object's bytes as delivered; `LogObjectGone` when it no longer exists."""

    def delivered(self, hour: Hour) -> Iterator[LogObject]:
        """List the log files Bedrock delivered in an hour, bodies and probes left out."""

    def under(self, prefix: str) -> Iterator[LogObject]:
        """List the log files whose keys begin so, in an order that does not change."""


class EvidenceStore(Protocol):
    """Evidence by event hour and log object; no expiry."""

    def put(self, hour: Hour, object_id: str, version: int, body: BinaryIO) -> bool:
        """Put an evidence file unless one of a higher meter version is there."""

    def put_empty(self, hour: Hour, object_id: str, version: int) -> bool:
        """Put an evidence file without records, for an hour that an object no longer touches."""

    def object_ids(self, hour: Hour) -> list[str]:
        """Name the log objects with an evidence file in the hour, sorted."""

    def read(self, hour: Hour, object_id: str) -> Iterator[Evidence]:
        """Stream the evidence of one evidence file."""

    def hours(self) -> Iterator[Hour]:
        """Name the hours that have evidence files, oldest first."""


class QuarantineStore(Protocol):
    """Rejects, one file per log object that has any."""

    def put(
        self, log_object: LogObject, digest: str, version: int, rejects: Sequence[Reject]
    ) -> bool:
        """Keep the rejects of this content unless those of a higher meter version are there."""

    def files(self, day: str = "") -> Iterator[Rejected]:
        """Give each log object that ever had rejects, by day of delivery; of one day if named."""


class LiveTable(Protocol):
    """Partials, boards and the rows of log objects."""

    def object_row(self, object_id: str) -> ObjectRow | None:
        """Read what is known of a log object; the answer is never stale."""

    def announce(self, row: ObjectRow) -> ObjectRow:
        """Write a log object's row, its hours added to those it ever touched; answer what stands.

        A row of another digest or a higher version stays as it is, and is the answer.
        """

    def settle(self, row: ObjectRow) -> None:
        """Note that everything about the object is written."""

    def unsettled(self, object_ids: Iterable[str]) -> set[str]:
        """Name those log objects that nobody has metered to the end."""

    def put_partial(self, partial: Partial) -> bool:
        """Put a partial unless one of a higher meter version is there."""

    def partials_of(self, slot: Slot) -> list[Partial]:
        """Read all partials of a slot; never stale."""

    def board_of(self, slot: Slot) -> Board:
        """Read a slot's board, an empty one of version 0 when there is none; never stale."""

    def put_board(self, board: Board) -> bool:
        """Put a board if the one in place has the version just below."""

    def boards_of(self, hour: Hour) -> list[Board]:
        """Read the boards of an hour; never stale."""


class HourTable(Protocol):
    """The life of hours, and up to where all of them are published."""

    def row(self, hour: Hour) -> HourRow:
        """Read an hour's row, an empty one when there is none; never stale."""

    def ask(self, hour: Hour) -> None:
        """Ask for a close: one more `dirty`. Asking too often is harmless."""

    def mark(self, hour: Hour, now: datetime) -> Mark:
        """Begin a close: a new, higher epoch, and the `dirty` seen at that moment."""

    def finish(self, mark: Mark) -> bool:
        """Set `cleaned` to what the mark saw and publish its epoch, if that is still its own."""

    def due(self) -> list[Hour]:
        """Name the hours asked for since they were cleaned, oldest first (may lag a little)."""

    def data_up_to(self) -> Hour | None:
        """Name the hour before which every hour is published; None before the first plan."""

    def begin_at(self, hour: Hour) -> Hour:
        """Set the first `data_up_to` if there is none; answer the one in force."""

    def advance(self, hour: Hour) -> None:
        """Move `data_up_to` forward; never back."""


class UsageTable(Protocol):
    """What each tenant used: pulses (live), closed hours, days, months."""

    def pulses_of(self, tenant: str | None, hours: Iterable[Hour]) -> dict[Hour, Pulse]:
        """Read a tenant's live hours; never stale."""

    def pulses_in(self, hour: Hour, tenants: Iterable[str | None]) -> dict[str | None, Pulse]:
        """Read the live hour of several tenants; never stale."""

    def put_pulse(self, pulse: Pulse) -> bool:
        """Put a pulse if the one in place has the version just below."""

    def put_hours(self, hour: Hour, epoch: int, totals: Mapping[str | None, Total]) -> None:
        """Put each tenant's closed hour where a lower epoch, or nothing, stands."""

    def hours_in(self, tenant: str | None, day: Day) -> list[HourTotal]:
        """Read a tenant's closed hours of a day; never stale."""

    def day(self, tenant: str | None, day: Day) -> DayTotal | None:
        """Read a tenant's day; never stale."""

    def put_day(self, tenant: str | None, total: DayTotal) -> bool:
        """Put a day if the one in place has the version just below."""

    def days_in(self, tenant: str | None, month: Month) -> list[DayTotal]:
        """Read a tenant's days of a month; never stale."""

    def month(self, tenant: str | None, month: Month) -> MonthTotal | None:
        """Read a tenant's month; never stale."""

    def put_month(self, tenant: str | None, total: MonthTotal) -> bool:
        """Put a month if the one in place has the version just below."""

    def put_top(self, period: Day | Month, costs: Mapping[str | None, Ranked]) -> None:
        """Let these tenants' costs stand in the list of the period's largest.

        A cost read from an older version of the tenant's period changes nothing.
        """

    def top(self, period: Day | Month) -> list[tuple[str | None, int]]:
        """Read the largest tenants of a period, largest first."""


class Closing(NamedTuple):
    """What one close of an hour found: the total of every tenant, and from which log objects.

    `duplicates_apart` counts records that share a request id with a call too far off to be merged.
    """

    hour: Hour
    epoch: int
    totals: Mapping[str | None, Total]
    object_ids: tuple[str, ...]
    duplicates_apart: int = 0


class ClosingStore(Protocol):
    """Closings, immutable, one per hour and epoch; and the corrections that follow from them."""

    def put(self, closing: Closing) -> None:
        """Write a closing; one that is there already stays."""

    def epochs(self, hour: Hour) -> list[int]:
        """Name the epochs that announced totals for an hour, lowest first."""

    def read(self, hour: Hour, epoch: int) -> Closing:
        """Read a closing."""

    def put_corrections(
        self, hour: Hour, old_epoch: int, new_epoch: int, corrections: Sequence[Correction]
    ) -> None:
        """Write how one publication differs from the one before; a second time changes nothing."""

    def corrections(self, hour: Hour, published: int) -> list[Correction]:
        """Read the corrections that led to a published epoch, oldest first."""


class RollupStore(Protocol):
    """The Parquet of closed hours, one row per call."""

    def put(self, hour: Hour, epoch: int, calls: Iterable[ClosedCall]) -> bool:
        """Put an hour's rows at its stable key unless a higher epoch wrote them."""


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
