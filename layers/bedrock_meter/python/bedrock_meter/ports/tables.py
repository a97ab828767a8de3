"""What the jobs need of tables: live totals, waiting log objects, hours, usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a function that only keeps logs need not know what a month's total is
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bedrock_meter.domain.records.manifest import Manifest
    from bedrock_meter.domain.records.tenant import Tenant
    from bedrock_meter.domain.records.waiting import Swept, Waiting
    from bedrock_meter.domain.time.hours import Day, Hour, Month, Slot
    from bedrock_meter.domain.totals.hour_row import HourRow, Mark, Progress
    from bedrock_meter.domain.totals.live import SlotTotals
    from bedrock_meter.domain.totals.live_page import LivePage
    from bedrock_meter.domain.totals.partial import Partial
    from bedrock_meter.domain.totals.top import Ranked
    from bedrock_meter.domain.totals.total import DayTotal, HourTotal, MonthTotal, Total


class SlotTotalsSource(Protocol):
    """Where slot totals are read."""

    def slot_totals_of(self, hour: Hour) -> Sequence[SlotTotals]:
        """Read the slot totals of an hour; never stale."""


class LiveTable(SlotTotalsSource, Protocol):
    """Partials, slot totals and quick copies of manifests."""

    def copy_of(self, object_id: str) -> Manifest | None:
        """Read the copy of a log object's manifest, if there is one; never stale."""

    def keep_copy(self, manifest: Manifest) -> None:
        """Copy a manifest, unless a later revision was copied already."""

    def undone(self, object_ids: Iterable[str]) -> set[str]:
        """Return the log objects without a copy that is settled or set aside."""

    def put_partial(self, partial: Partial) -> bool:
        """Put a partial unless one of a higher generation is stored."""

    def partials_of(self, slot: Slot) -> list[Partial]:
        """Read all partials of a slot; never stale."""

    def partials_at(self, slot: Slot, object_ids: Iterable[str]) -> list[Partial]:
        """Read those partials of a slot that there are of these log objects; never stale."""

    def totals_of_slot(self, slot: Slot) -> SlotTotals:
        """Read the totals of a slot, empty and of version 0 when there are none; never stale."""

    def put_slot_totals(self, totals: SlotTotals) -> bool:
        """Put the totals of a slot if the stored ones have the version just below."""


class WaitList(Protocol):
    """Log objects that wait to be metered, and how far the log bucket was swept."""

    def waiting(self) -> list[Waiting]:
        """Read the list; never stale."""

    def wait(self, objects: Iterable[Waiting]) -> None:
        """Put log objects on the list, or note when they were announced again."""

    def met(self, objects: Iterable[Waiting]) -> None:
        """Take log objects off the list, each for the reading it waits for and no other."""

    def swept(self) -> Swept:
        """Read how far the log bucket was swept; never stale."""

    def sweep_to(self, swept: Swept) -> None:
        """Note how far it was swept; `until` never moves back."""


class HourTable(Protocol):
    """The life of hours, and up to where all of them are published."""

    def row(self, hour: Hour) -> HourRow:
        """Read an hour's row, an empty one if it has none; never stale."""

    def rows(self, hours: Iterable[Hour]) -> dict[Hour, HourRow]:
        """Read several rows, empty ones included; never stale."""

    def ask(self, hour: Hour) -> None:
        """Ask for a close: one more `dirty`. Asking too often is harmless."""

    def mark(self, hour: Hour, now: datetime) -> Mark:
        """Begin a close: a new, higher epoch, and the `dirty` seen at that moment."""

    def finish(self, mark: Mark) -> bool:
        """Set `cleaned` to what the mark saw and publish its epoch, if that is still its own."""

    def leave(self, mark: Mark) -> None:
        """Note that a close gave up, unless another close of the hour has begun."""

    def due(self) -> list[Hour]:
        """Return the hours asked for since they were cleaned, oldest first (may lag a little)."""

    def progress(self) -> Progress:
        """Read how far hours are published; one read, never stale."""

    def begin_at(self, hour: Hour) -> Hour:
        """Set the first `data_up_to` if there is none; return the one in force."""

    def note_published(self, hour: Hour) -> None:
        """Note that an hour at or after `data_up_to` is published."""

    def advance(self, hour: Hour) -> None:
        """Move `data_up_to` forward; never back."""

    def keep_published(self, row: HourRow) -> bool:
        """Drop what was asked of a published hour; False when the row has changed."""

    def begin_sealing(self, hour: Hour, now: datetime) -> None:
        """Refuse evidence for hours before this one from now on; never moves back."""

    def seal(self, hour: Hour) -> None:
        """Make all hours before this one final; never moves back."""


class UsageTable(Protocol):
    """What each tenant used: live pages, closed hours, days, months."""

    def live_pages(self, hour: Hour, numbers: Iterable[int]) -> dict[int, LivePage]:
        """Read the live pages of an hour that there are, by number; never stale."""

    def put_live_page(self, page: LivePage) -> bool:
        """Put a live page if the stored one has the version just below."""

    def put_hours(self, hour: Hour, epoch: int, totals: Mapping[Tenant, Total]) -> None:
        """Put each tenant's closed hour unless one of the same or a higher epoch is stored."""

    def hours_in(self, tenant: Tenant, day: Day) -> list[HourTotal]:
        """Read a tenant's closed hours of a day; never stale."""

    def day(self, tenant: Tenant, day: Day) -> DayTotal | None:
        """Read a tenant's day; never stale."""

    def put_day(self, tenant: Tenant, total: DayTotal) -> bool:
        """Put a day if the stored one has the version just below."""

    def days_in(self, tenant: Tenant, month: Month) -> list[DayTotal]:
        """Read a tenant's days of a month; never stale."""

    def month(self, tenant: Tenant, month: Month) -> MonthTotal | None:
        """Read a tenant's month; never stale."""

    def put_month(self, tenant: Tenant, total: MonthTotal) -> bool:
        """Put a month if the stored one has the version just below."""

    def put_top(self, period: Day | Month, costs: Mapping[Tenant, Ranked]) -> None:
        """Put these tenants' costs in the list of the period's largest.

        A cost read from an older version of the tenant's period changes nothing.
        """

    def top(self, period: Day | Month) -> list[tuple[str | None, int]]:
        """Read the largest tenants of a period, largest first."""
