"""Writes that take no care of what stands there; each is a bug to be noticed."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.time.hours import Hour, Part
from bedrock_meter.domain.totals.total import HourTotal, Total
from bedrock_meter.jobs import close_hour
from simulate.patching import patched


def finish_with_dirty(table: Any, mark: Any) -> bool:
    """Clean what was asked for by now, seen or not."""
    row = table.row(mark.hour)
    if row.epoch != mark.epoch:
        return False
    table.kept[mark.hour] = row._replace(cleaned=row.dirty, published=mark.epoch)
    return True


def finish_anyway(table: Any, mark: Any) -> bool:
    """Publish whatever has been marked since."""
    row = table.row(mark.hour)
    table.kept[mark.hour] = row._replace(cleaned=mark.seen, published=mark.epoch)
    return True


def plain_rollup(store: Any, hour: Hour, epoch: int, calls: Iterable[Any]) -> bool:
    """Put an hour over a newer one."""
    store.hours[hour] = (epoch, tuple(calls))
    return True


def plain_evidence(store: Any, part: Part, object_id: str, version: int, body: bytes) -> bool:
    """Put evidence over those of a newer reading."""
    store.kept[part, object_id] = (version, body)
    return True


def plain_partial(table: Any, partial: Any) -> bool:
    """Put a partial over that of a newer reading."""
    table.partials[partial.slot, partial.object_id] = partial
    return True


def plain_slot_totals(table: Any, totals: Any) -> bool:
    """Put slot totals without looking."""
    table.slot_totals[totals.slot] = totals
    return True


def plain_live_hour(table: Any, live_hour: Any) -> bool:
    """Put a live hour without looking."""
    table.live_hours[live_hour.tenant, live_hour.hour] = live_hour
    return True


def plain_day(table: Any, tenant: str | None, total: Any) -> bool:
    """Put a day without looking."""
    table.days[tenant, total.day] = total
    return True


def plain_month(table: Any, tenant: str | None, total: Any) -> bool:
    """Put a month without looking."""
    table.months[tenant, total.month] = total
    return True


def plain_hours(table: Any, hour: Hour, epoch: int, totals: Mapping[str | None, Total]) -> None:
    """Put hours over those of a newer epoch."""
    for tenant, total in totals.items():
        table.hours[tenant, hour] = HourTotal(hour, epoch, total)


def conflict_is_there() -> AbstractContextManager[None]:
    """Whom another request is in the way of takes its closing for written."""

    class Sure:
        """Closings that are there, whatever the store says."""

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
