"""What each call reads and writes, and in which order an actor makes its calls.

Calls that have nothing to do with each other need not be tried in every order: whichever comes
first, the same comes out. A course says what an actor may still do, so that the others know.
"""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from simulate.steps import Call

_ADDED = frozenset({"asked"})
_BY_OBJECT = frozenset({"objects", "evidence", "quarantine"})


class Footprint(NamedTuple):
    """The parts of the stores that something reads, and those that it writes."""

    reads: frozenset[str]
    writes: frozenset[str]

    def touches(self, other: "Footprint") -> bool:
        """Tell whether the order of the two may matter; of two questions it does not."""
        return bool(
            (self.writes & other.writes) - _ADDED
            or self.writes & other.reads
            or self.reads & other.writes
        )

    def shared(self) -> "Footprint":
        """Leave out what an ingest keeps under its own log object; no other ingest goes there."""
        return Footprint(self.reads - _BY_OBJECT, self.writes - _BY_OBJECT)


def _footprint(reads: str, writes: str = "") -> Footprint:
    return Footprint(frozenset(reads.split()), frozenset(writes.split()))


CALLS = {
    "live.object_row": _footprint("objects"),
    "live.unsettled": _footprint("objects"),
    "live.announce": _footprint("", "objects"),
    "live.settle": _footprint("", "objects"),
    "live.put_partial": _footprint("", "partials"),
    "live.partials_of": _footprint("partials"),
    "live.board_of": _footprint("boards"),
    "live.boards_of": _footprint("boards"),
    "live.put_board": _footprint("", "boards"),
    "evidence.put": _footprint("", "evidence"),
    "evidence.put_empty": _footprint("", "evidence"),
    "evidence.object_ids": _footprint("evidence"),
    "evidence.read": _footprint("evidence"),
    "evidence.hours": _footprint("evidence"),
    "quarantine.put": _footprint("", "quarantine"),
    "hours.row": _footprint("epoch published"),
    "hours.ask": _footprint("", "asked"),
    "hours.mark": _footprint("asked published", "epoch"),
    "hours.finish": _footprint("epoch", "published"),
    "hours.due": _footprint("asked published"),
    "hours.data_up_to": _footprint("reached"),
    "hours.begin_at": _footprint("", "reached"),
    "hours.advance": _footprint("", "reached"),
    "usage.pulses_of": _footprint("pulses"),
    "usage.pulses_in": _footprint("pulses"),
    "usage.put_pulse": _footprint("", "pulses"),
    "usage.put_hours": _footprint("", "hours"),
    "usage.hours_in": _footprint("hours"),
    "usage.day": _footprint("days"),
    "usage.put_day": _footprint("", "days"),
    "usage.days_in": _footprint("days"),
    "usage.month": _footprint("months"),
    "usage.put_month": _footprint("", "months"),
    "usage.put_top": _footprint("", "tops"),
    "closings.put": _footprint("", "closings"),
    "closings.epochs": _footprint("closings"),
    "closings.read": _footprint(""),  # a closing, once written, never changes
    "closings.put_corrections": _footprint("", "corrections"),
    "rollups.put": _footprint("", "rollups"),
    "wake.later": _footprint(""),
    "queue.announce": _footprint(""),
    "decisions.append": _footprint("", "decisions"),
    "decisions.decisions": _footprint("decisions"),
}
_WAKES = {"live.put_partial": "fold", "wake.later": "refresh", "queue.announce": "ingest"}
_LEADS_TO = {"close": "day", "day": "months", "months": "finish"}
_SEES_WHAT_IS_ASKED = frozenset({"plan"})

_PUT_FOR_GOOD = frozenset({"evidence", "quarantine", "decisions"})

_METERING = "decisions.decisions live.object_row live.announce quarantine.put evidence.put evidence.put_empty"
_ASKING = "hours.data_up_to hours.row hours.ask"
_PULSES = "usage.pulses_in live.boards_of usage.put_pulse"
_CLOSINGS = "closings.epochs closings.read"
COURSES = {
    "ingest": (_METERING, _ASKING, "live.put_partial", "live.settle"),
    "replay": (_METERING, _ASKING, "live.settle"),
    "fold": ("live.board_of live.partials_of live.put_board", f"wake.later {_PULSES}"),
    "refresh": (_PULSES,),
    "close": (
        "hours.mark",
        f"decisions.decisions evidence.object_ids evidence.read {_CLOSINGS}",
        f"closings.put hours.row {_CLOSINGS}",
        "usage.put_hours",
        "rollups.put",
    ),
    "day": (
        _CLOSINGS,
        "usage.day usage.hours_in usage.put_day",
        f"usage.put_top {_CLOSINGS}",
    ),
    "months": (_CLOSINGS, "usage.month usage.days_in usage.put_month", "usage.put_top"),
    "finish": (
        f"closings.put_corrections {_CLOSINGS}",
        "hours.finish",
        "hours.data_up_to hours.row",
        "hours.advance",
    ),
    "plan": (
        "hours.data_up_to evidence.hours hours.begin_at hours.ask",
        "live.unsettled",
        "queue.announce",
        "hours.row hours.advance",
        "hours.row hours.due",
    ),
    "decide": ("decisions.append", "evidence.hours", "hours.row hours.ask"),
    "read": (
        "hours.data_up_to",
        "hours.row",
        "live.boards_of",
        "usage.month usage.days_in usage.day usage.hours_in usage.pulses_of",
    ),
}
"""The calls of each kind of actor, leg by leg: none comes back to an earlier leg."""


def is_write(call: Call) -> bool:
    """Tell whether a call may change anything."""
    return bool(CALLS[call.place].writes) or call.place in _WAKES


def needs_all_of_the_row(kind: str) -> bool:
    """Tell whether an actor looks at how often a close was asked for; `hours.row` then reads it."""
    return kind in _SEES_WHAT_IS_ASKED


def footprint_of(call: Call, kind: str) -> Footprint:
    """Say what a call of an actor reads and writes."""
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


@cache
def again_from(kind: str, leg: int) -> Footprint:
    """Say what an actor can still read and write that may die and begin again.

    What it has put already it will put again, the same under the same version: nothing changes.
    """
    before = rest_of(kind, 0)
    done = _union(_of(place, kind) for calls in COURSES[kind][:leg] for place in calls.split())
    rest = rest_of(kind, leg)
    return Footprint(before.reads, rest.writes | (before.writes - (done.writes & _PUT_FOR_GOOD)))


def _of(place: str, kind: str) -> Footprint:
    found = CALLS[place]
    if place == "hours.row" and needs_all_of_the_row(kind):
        return found._replace(reads=found.reads | {"asked"})
    return found


def _union(footprints: Iterable[Footprint]) -> Footprint:
    reads, writes = set[str](), set[str]()
    for one in footprints:
        reads |= one.reads
        writes |= one.writes
    return Footprint(frozenset(reads), frozenset(writes))
