"""Writes without their condition; each is a bug to be noticed."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.time.hours import Hour, Part
from bedrock_meter.domain.totals.total import HourTotal, Total
from bedrock_meter.jobs import close_hour
from simulate.patching import patched


def finish_with_dirty(table: Any, mark: Any) -> bool:
    """Mark the hour clean for everything asked for by now, seen or not."""
    row = table.row(mark.hour)
    if row.epoch != mark.epoch:
        return False
    table.kept[mark.hour] = row._replace(cleaned=row.dirty, published=mark.epoch)
    return True


def finish_anyway(table: Any, mark: Any) -> bool:
    """Publish although a newer close has begun."""
    row = table.row(mark.hour)
    table.kept[mark.hour] = row._replace(cleaned=mark.seen, published=mark.epoch)
    return True


def plain_rollup(store: Any, hour: Hour, epoch: int, calls: Iterable[Any]) -> bool:
    """Replace a newer version of an hour."""
    store.hours[hour] = (epoch, tuple(calls))
    return True


def plain_evidence(store: Any, part: Part, object_id: str, version: int, body: bytes) -> bool:
    """Replace the evidence of a newer reading."""
    store.kept[part, object_id] = (version, body)
    return True


def plain_partial(table: Any, partial: Any) -> bool:
    """Replace the partial of a newer reading."""
    table.partials[partial.slot, partial.object_id] = partial
    return True


def plain_slot_totals(table: Any, totals: Any) -> bool:
    """Put slot totals without checking their version."""
    table.slot_totals[totals.slot] = totals
    return True


def plain_live_page(table: Any, page: Any) -> bool:
    """Put a live page without checking its version."""
    table.pages[page.hour, page.number] = page
    return True


def plain_day(table: Any, tenant: str | None, total: Any) -> bool:
    """Put a day without checking its version."""
    table.days[tenant, total.day] = total
    return True


def plain_month(table: Any, tenant: str | None, total: Any) -> bool:
    """Put a month without checking its version."""
    table.months[tenant, total.month] = total
    return True


def plain_hours(table: Any, hour: Hour, epoch: int, totals: Mapping[str | None, Total]) -> None:
    """Replace the hours of a newer epoch."""
    for tenant, total in totals.items():
        table.hours[tenant, hour] = HourTotal(hour, epoch, total)


def conflict_is_there() -> AbstractContextManager[None]:
    """A close that meets another request at its key takes its closing for written."""

    class Sure:
        """Closings that seem written, whatever the store answers."""

        def __init__(self, closings: Any) -> None:
            self._closings = closings
            self._put: Any = None

        def newest(self, hour: Hour) -> Any:
            return self._closings.newest(hour)

        def put(self, closing: Any) -> None:
            self._put = closing
            try:
                self._closings.put(closing)
            except Contended:
                return

        def read(self, _hour: Hour, _epoch: int) -> Any:
            return self._put

    announced = close_hour._announced

    def sure(found: Any, closings: Any) -> Any:
        blind: Any = Sure(closings)
        return announced(found, blind)

    return patched((close_hour, "_announced", sure))
