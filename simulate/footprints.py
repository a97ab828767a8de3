"""What each call reads and writes: independent calls may come in any order."""

from collections.abc import Iterable
from typing import NamedTuple

_NAMES: list[str] = []
"""The parts of the stores; each has a bit of its own."""


def bits(names: str) -> int:
    """Return the bits of parts."""
    found = 0
    for name in names.split():
        if name not in _NAMES:
            _NAMES.append(name)
        found |= 1 << _NAMES.index(name)
    return found


ADDED = bits("asked beyond reached sweep copies corrections tops")
"""Where writes only add something, or the larger of two stays: their order does not matter."""
KEPT = ADDED | bits("evidence quarantine")
"""Where that holds in the shipped code."""
_BY_OBJECT = bits("bytes manifests copies waits evidence quarantine")


class Footprint(NamedTuple):
    """The parts of the stores that something reads, and those that it writes, as bits."""

    reads: int
    writes: int

    def touches(self, other: "Footprint", added: int) -> bool:
        """Return whether the order of the two may matter; it does not where both only add."""
        return bool(
            self.writes & other.writes & ~added
            or self.writes & other.reads
            or self.reads & other.writes
        )

    def shared(self) -> "Footprint":
        """Leave out what is kept by log object: work on different objects is independent there."""
        return Footprint(self.reads & ~_BY_OBJECT, self.writes & ~_BY_OBJECT)


def footprint(reads: str, writes: str = "") -> Footprint:
    """Return a footprint by the names of parts."""
    return Footprint(bits(reads), bits(writes))


NOTHING = Footprint(0, 0)
CALLS = {
    "logs.open": footprint("bytes"),
    "logs.overwrite": footprint("", "bytes"),
    "logs.delivered": footprint(""),  # no starting point adds or deletes a log object
    "manifests.read": footprint("manifests"),
    "manifests.put": footprint("manifests", "manifests"),
    "waits.waiting": footprint("waits"),
    "waits.wait": footprint("", "waits"),
    "waits.met": footprint("", "waits"),
    "waits.swept": footprint("sweep"),
    "waits.sweep_to": footprint("", "sweep"),
    "live.copy_of": footprint("copies"),
    "live.undone": footprint("copies"),
    "live.keep_copy": footprint("", "copies"),
    "live.forget": footprint("copies", "copies"),
    "live.put_partial": footprint("", "partials"),
    "live.partials_of": footprint("partials"),
    "live.partials_at": footprint("partials"),
    "live.totals_of_slot": footprint("slot_totals"),
    "live.slot_totals_of": footprint("slot_totals"),
    "live.put_slot_totals": footprint("slot_totals", "slot_totals"),
    "evidence.put": footprint("", "evidence"),
    "evidence.put_empty": footprint("", "evidence"),
    "evidence.files": footprint("evidence"),
    "evidence.read": footprint("evidence"),
    "evidence.body": footprint("evidence"),
    "evidence.hours": footprint("evidence"),
    "quarantine.put": footprint("", "quarantine"),
    "hours.row": footprint("epoch published"),
    "hours.rows": footprint("epoch published asked"),
    "hours.ask": footprint("", "asked"),
    "hours.mark": footprint("asked published", "epoch"),
    "hours.finish": footprint("epoch", "published"),
    "hours.leave": footprint("epoch", "epoch"),
    "hours.due": footprint("asked published"),
    "hours.progress": footprint("reached beyond"),
    "hours.begin_at": footprint("reached", "reached"),
    "hours.note_published": footprint("reached", "beyond"),
    "hours.advance": footprint("", "reached beyond"),
    "usage.live_pages": footprint("pages"),
    "usage.put_live_page": footprint("pages", "pages"),
    "usage.put_hours": footprint("", "hours"),
    "usage.hours_in": footprint("hours"),
    "usage.day": footprint("days"),
    "usage.put_day": footprint("days", "days"),
    "usage.days_in": footprint("days"),
    "usage.month": footprint("months"),
    "usage.put_month": footprint("months", "months"),
    "usage.put_top": footprint("", "tops"),
    "usage.closed_of": footprint("hours days months"),
    "usage.live_hours": footprint("pages"),
    "usage.put_renamed": footprint("", "hours days months"),
    "usage.rename_in_top": footprint("", "tops"),
    "usage.delete_closed": footprint("", "hours days months"),
    "usage.drop_live": footprint("pages", "pages"),
    "closings.put": footprint("", "closings"),
    "closings.newest": footprint("closings names"),
    "closings.read": footprint("names"),  # but for its names, a closing once written stays
    "closings.retire": footprint(""),
    "closings.put_corrections": footprint("", "corrections"),
    "closings.rename_files": footprint("", "closings names corrections"),
    "rollups.put": footprint("", "rollups"),
    "refreshes.later": footprint(""),
    "queue.announce": footprint(""),
    "decisions.append": footprint("", "decisions unasked"),
    "decisions.unasked": footprint("unasked"),
    "decisions.note_asked": footprint("", "unasked"),
    "decisions.decisions": footprint("decisions"),
    "names.begin": footprint("erasing", "erasing"),
    "names.finish": footprint("", "erasing"),
}


def union(footprints: Iterable[Footprint]) -> Footprint:
    """Return the union of footprints."""
    reads = writes = 0
    for one in footprints:
        reads |= one.reads
        writes |= one.writes
    return Footprint(reads, writes)
