"""What each call reads and writes, and in which order an actor makes its calls.

Calls that have nothing to do with each other need not be tried in every order: whichever comes
first, the same comes out. A course says what an actor may still do, so that the others know.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from bedrock_meter.domain.hour_row import HourRow, Progress
from simulate.steps import Call

_NAMES: list[str] = []
"""The parts that stores fall into; each has a bit of its own."""


def _bits(names: str) -> int:
    bits = 0
    for name in names.split():
        if name not in _NAMES:
            _NAMES.append(name)
        bits |= 1 << _NAMES.index(name)
    return bits


ADDED = _bits("asked beyond reached sweep copies corrections tops")
"""Where writes only add something, or the larger of two stays: it is the same which comes first."""
KEPT = ADDED | _bits("evidence quarantine")
"""Where that holds in code as it is shipped."""
_BY_OBJECT = _bits("bytes manifests copies waits evidence quarantine")


class Footprint(NamedTuple):
    """The parts of the stores that something reads, and those that it writes, as bits."""

    reads: int
    writes: int

    def touches(self, other: "Footprint", added: int) -> bool:
        """Tell whether the order of the two may matter; of two that only add it does not."""
        return bool(
            self.writes & other.writes & ~added
            or self.writes & other.reads
            or self.reads & other.writes
        )

    def shared(self) -> "Footprint":
        """Leave out what is kept under a log object; who has to do with another goes elsewhere."""
        return Footprint(self.reads & ~_BY_OBJECT, self.writes & ~_BY_OBJECT)


def _footprint(reads: str, writes: str = "") -> Footprint:
    return Footprint(_bits(reads), _bits(writes))


NOTHING = Footprint(0, 0)
CALLS = {
    "logs.open": _footprint("bytes"),
    "logs.overwrite": _footprint("", "bytes"),
    "logs.delivered": _footprint(""),  # no scenario adds or takes away a log object
    "manifests.read": _footprint("manifests"),
    "manifests.put": _footprint("manifests", "manifests"),
    "waits.waiting": _footprint("waits"),
    "waits.wait": _footprint("", "waits"),
    "waits.met": _footprint("", "waits"),
    "waits.swept": _footprint("sweep"),
    "waits.sweep_to": _footprint("", "sweep"),
    "live.copy_of": _footprint("copies"),
    "live.undone": _footprint("copies"),
    "live.keep_copy": _footprint("", "copies"),
    "live.forget": _footprint("copies", "copies"),
    "live.put_partial": _footprint("", "partials"),
    "live.partials_of": _footprint("partials"),
    "live.board_of": _footprint("boards"),
    "live.boards_of": _footprint("boards"),
    "live.put_board": _footprint("boards", "boards"),
    "evidence.put": _footprint("", "evidence"),
    "evidence.put_empty": _footprint("", "evidence"),
    "evidence.files": _footprint("evidence"),
    "evidence.read": _footprint("evidence"),
    "evidence.hours": _footprint("evidence"),
    "quarantine.put": _footprint("", "quarantine"),
    "hours.row": _footprint("epoch published"),
    "hours.rows": _footprint("epoch published asked"),
    "hours.ask": _footprint("", "asked"),
    "hours.mark": _footprint("asked published", "epoch"),
    "hours.finish": _footprint("epoch", "published"),
    "hours.leave": _footprint("epoch", "epoch"),
    "hours.due": _footprint("asked published"),
    "hours.progress": _footprint("reached beyond"),
    "hours.begin_at": _footprint("reached", "reached"),
    "hours.note_published": _footprint("reached", "beyond"),
    "hours.advance": _footprint("", "reached beyond"),
    "usage.pulses_of": _footprint("pulses"),
    "usage.pulses_in": _footprint("pulses"),
    "usage.put_pulse": _footprint("pulses", "pulses"),
    "usage.put_hours": _footprint("", "hours"),
    "usage.hours_in": _footprint("hours"),
    "usage.day": _footprint("days"),
    "usage.put_day": _footprint("days", "days"),
    "usage.days_in": _footprint("days"),
    "usage.month": _footprint("months"),
    "usage.put_month": _footprint("months", "months"),
    "usage.put_top": _footprint("", "tops"),
    "usage.closed_of": _footprint("hours days months"),
    "usage.live_of": _footprint("pulses"),
    "usage.put_renamed": _footprint("", "hours days months"),
    "usage.rename_in_top": _footprint("", "tops"),
    "usage.delete_closed": _footprint("", "hours days months"),
    "usage.drop_live": _footprint("", "pulses"),
    "closings.put": _footprint("", "closings"),
    "closings.newest": _footprint("closings names"),
    "closings.read": _footprint("names"),  # but for its names, a closing once written stays
    "closings.retire": _footprint(""),
    "closings.put_corrections": _footprint("", "corrections"),
    "closings.rename_files": _footprint("", "closings names corrections"),
    "rollups.put": _footprint("", "rollups"),
    "wake.later": _footprint(""),
    "queue.announce": _footprint(""),
    "decisions.append": _footprint("", "decisions unasked"),
    "decisions.unasked": _footprint("unasked"),
    "decisions.note_asked": _footprint("", "unasked"),
    "decisions.decisions": _footprint("decisions"),
    "names.begin": _footprint("erasing", "erasing"),
    "names.finish": _footprint("", "erasing"),
}


def _begun(row: HourRow) -> HourRow:
    return HourRow(row.hour, min(row.epoch, 1), published=min(row.published, 1))


def _epochs(row: HourRow) -> HourRow:
    return HourRow(row.hour, row.epoch, published=row.published)


_ROWS: Mapping[str, Callable[[HourRow], HourRow]] = {
    "ingest": _begun,
    "replay": _begun,
    "decide": _begun,
    "set aside": _begun,
    "close": _epochs,
    "close two": _epochs,
}
_PROGRESS: Mapping[str, Callable[[Progress], Progress]] = {
    "ingest": lambda progress: progress._replace(beyond=frozenset()),
    "replay": lambda progress: progress._replace(beyond=frozenset()),
    "set aside": lambda progress: progress._replace(beyond=frozenset()),
    "decide": lambda progress: Progress(sealed=progress.sealed),
}
_WAKES = {"live.put_partial": "fold", "wake.later": "refresh", "queue.announce": "ingest"}
_LEADS_TO = {"run": "close two"}

_ANNOUNCING = "manifests.read waits.wait manifests.put"
_METERING = (
    "live.copy_of logs.open decisions.decisions",
    "hours.progress",
    _ANNOUNCING,
    "quarantine.put",
    "evidence.put evidence.put_empty",
    "hours.progress",
    "hours.row hours.ask",
)
_SETTLING = ("manifests.read manifests.put", "live.keep_copy", "waits.met")
_PULSES = "usage.pulses_in live.boards_of usage.put_pulse"
_PLANNING = (
    "hours.progress",
    "evidence.hours hours.begin_at hours.ask",
    "waits.swept",
    "waits.waiting",
    "live.undone manifests.read live.keep_copy",
    "waits.met",
    "queue.announce waits.wait",
    "logs.delivered live.undone manifests.read live.keep_copy waits.wait queue.announce",
    "waits.sweep_to",
    "hours.progress hours.row",
    "hours.advance",
    "hours.progress hours.due hours.rows",
)
_CLOSING = (
    "hours.mark",
    "decisions.decisions evidence.files closings.read",
    "evidence.read",
    "closings.newest",
    "closings.put",
    "closings.read",
    "hours.row",
    "usage.put_hours",
    "rollups.put",
)
_SUMMING = (
    "usage.day usage.hours_in usage.put_day",
    "usage.put_top",
    "usage.month usage.days_in usage.put_month",
    "usage.put_top",
)
_PUBLISHING = (
    "closings.read closings.put_corrections",
    "hours.finish",
    "hours.note_published",
    "closings.retire",
)
_ADVANCING = ("hours.progress hours.row", "hours.advance")
COURSES = {
    "ingest": (*_METERING, "live.put_partial", *_SETTLING),
    "replay": (*_METERING, *_SETTLING),
    "fold": ("live.board_of live.partials_of live.put_board", f"wake.later {_PULSES}"),
    "refresh": (_PULSES,),
    "plan": _PLANNING,
    "run": _PLANNING,
    "close": ("hours.rows", *_CLOSING, *_SUMMING, *_PUBLISHING, *_ADVANCING),
    "close two": (
        "hours.rows", *_CLOSING, *_CLOSING, *_SUMMING, *_PUBLISHING, *_PUBLISHING, *_ADVANCING
    ),
    "decide": (
        "decisions.append", "decisions.unasked", "hours.progress", "evidence.hours",
        "hours.row hours.ask", "decisions.note_asked",
    ),
    "read": (
        "hours.progress",
        "live.boards_of",
        "usage.month usage.days_in usage.day usage.hours_in usage.pulses_of",
    ),
    "erase": (
        "usage.closed_of usage.live_of hours.progress hours.row decisions.decisions names.begin "
        "evidence.files hours.mark evidence.read manifests.read manifests.put live.keep_copy "
        "evidence.put closings.rename_files hours.ask",
        "usage.closed_of usage.put_renamed usage.rename_in_top usage.delete_closed",
        "usage.live_of usage.drop_live",
        "decisions.decisions",
        "hours.leave",
        "usage.closed_of",
        "names.finish",
    ),
    "set aside": (
        "manifests.read", "manifests.put", "hours.progress", "quarantine.put",
        "evidence.put_empty", "hours.progress", "hours.row hours.ask", "manifests.put",
        "live.keep_copy", "waits.waiting", "waits.met",
    ),
    "ask": ("hours.ask",),
    "overwrite": ("logs.overwrite",),
    "expire": ("live.forget",),
}  # fmt: skip
"""The calls of each kind of actor, leg by leg: none comes back to an earlier leg."""


def is_write(call: Call) -> bool:
    """Tell whether a call may change anything."""
    return bool(CALLS[call.place].writes) or call.place in _WAKES


def seen_by(kind: str, call: Call, answer: Any) -> Any:
    """Give as much of an answer as this kind of actor looks at.

    Answers that tell it the same leave it where it is.
    """
    if call.place == "hours.rows" and kind in ("close", "close two"):
        return {
            hour: HourRow(hour, dirty=int(row.is_due()), cleaned=0) for hour, row in answer.items()
        }
    if call.place == "hours.row" and kind in _ROWS:
        return _ROWS[kind](answer)
    if call.place == "hours.progress" and kind in _PROGRESS:
        return _PROGRESS[kind](answer)
    return answer


def footprint_of(call: Call, kind: str, closed: frozenset[str]) -> Footprint:
    """Say what a call of an actor reads and writes.

    Hours that were `closed` before are so for ever: some actors want to know no more of them.
    """
    if call.place == "hours.row" and _ROWS.get(kind) is _begun and call.args[0] in closed:
        return NOTHING
    return _of(call.place, kind)


def leg_of(call: Call, kind: str, leg: int) -> int:
    """Say on which leg of its course an actor is that was on this one and makes this call next."""
    for number, calls in enumerate(COURSES[kind][leg:], start=leg):
        if call.place in calls.split():
            return number
    raise AssertionError(f"the course of a {kind} has no {call.place} from leg {leg} on")


@cache
def rest_of(kind: str, leg: int) -> Footprint:
    """Say what an actor, and those that may follow, can still read and write from a leg on."""
    places = [place for calls in COURSES[kind][leg:] for place in calls.split()]
    woken = {_WAKES[place] for place in places if place in _WAKES}
    woken |= {_LEADS_TO[kind]} if kind in _LEADS_TO else set()
    return _union([*(_of(place, kind) for place in places), *(rest_of(one, 0) for one in woken)])


def _of(place: str, kind: str) -> Footprint:
    found = CALLS[place]
    if place == "hours.row" and kind == "erase":
        return found._replace(reads=found.reads | _bits("asked"))
    if place == "hours.progress" and kind in _PROGRESS:
        return _footprint("reached" if kind != "decide" else "")
    if place == "evidence.put" and kind == "erase":
        return _footprint("evidence", "evidence")
    return found


def _union(footprints: Iterable[Footprint]) -> Footprint:
    reads = writes = 0
    for one in footprints:
        reads |= one.reads
        writes |= one.writes
    return Footprint(reads, writes)
