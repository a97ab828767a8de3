"""The accesses that each kind of actor can still reach, phase by phase.

From them follows which calls are independent: those need not be tried in every order.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from bedrock_meter.domain.totals.hour_row import HourRow, Progress
from simulate.footprints import CALLS, NOTHING, Footprint, bits, footprint, union
from simulate.steps import PortCall


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
_STARTS = {"live.put_partial": "fold", "refreshes.later": "refresh", "queue.announce": "ingest"}
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
_LIVE_PAGES = "usage.live_pages live.slot_totals_of usage.put_live_page"
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
    "evidence.body",
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
PHASES = {
    "ingest": (*_METERING, "live.put_partial", *_SETTLING),
    "replay": (*_METERING, *_SETTLING),
    "fold": (
        "live.totals_of_slot live.partials_of live.partials_at live.put_slot_totals",
        f"refreshes.later {_LIVE_PAGES}",
    ),
    "refresh": (_LIVE_PAGES,),
    "plan": _PLANNING,
    "run": _PLANNING,
    "close": ("hours.rows", *_CLOSING, *_SUMMING, *_PUBLISHING, *_ADVANCING),
    "close two": (
        "hours.rows", *_CLOSING,
        # Was the second hour tried before? Then the first is published now.
        "hours.row", *_SUMMING, *_PUBLISHING, *_ADVANCING,
        *_CLOSING, *_SUMMING, *_PUBLISHING, *_PUBLISHING, *_ADVANCING,
    ),
    "decide": (
        "decisions.append", "decisions.unasked", "hours.progress", "evidence.hours",
        "hours.row hours.ask", "decisions.note_asked",
    ),
    "read": (
        "hours.progress",
        "live.slot_totals_of",
        "usage.month usage.days_in usage.day usage.hours_in live.slot_totals_of",
    ),
    "erase": (
        "usage.closed_of usage.live_hours hours.progress hours.row decisions.decisions names.begin "
        "evidence.files hours.mark evidence.read manifests.read manifests.put live.keep_copy "
        "evidence.put closings.rename_files hours.ask",
        "usage.closed_of usage.put_renamed usage.rename_in_top usage.delete_closed",
        "usage.live_hours usage.drop_live",
        "decisions.decisions",
        "hours.leave",
        "usage.closed_of",
        "decisions.decisions",
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
"""The calls of each kind of actor, phase by phase: no actor returns to an earlier phase."""


def is_write(call: PortCall) -> bool:
    """Return whether a call may change anything."""
    return bool(CALLS[call.place].writes) or call.place in _STARTS


def seen_by(kind: str, call: PortCall, answer: Any) -> Any:
    """Return the part of an answer that this kind of actor uses.

    Answers that are equal in that part lead to the same position.
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


def footprint_of(call: PortCall, kind: str, closed: frozenset[str]) -> Footprint:
    """Return what a call of an actor reads and writes.

    Hours that were `closed` at the start stay so, and some actors ask for nothing else.
    """
    if call.place == "hours.row" and _ROWS.get(kind) is _begun and call.args[0] in closed:
        return NOTHING
    return _of(call.place, kind)


def phase_of(call: PortCall, kind: str, phase: int) -> int:
    """Return the phase an actor reaches with this call, from a phase on."""
    for number, calls in enumerate(PHASES[kind][phase:], start=phase):
        if call.place in calls.split():
            return number
    raise AssertionError(f"a {kind} makes no {call.place} from phase {phase} on")


@cache
def rest_of(kind: str, phase: int) -> Footprint:
    """Return what an actor, and those it starts, can still read and write from a phase on."""
    places = [place for calls in PHASES[kind][phase:] for place in calls.split()]
    started = {_STARTS[place] for place in places if place in _STARTS}
    started |= {_LEADS_TO[kind]} if kind in _LEADS_TO else set()
    return union([*(_of(place, kind) for place in places), *(rest_of(one, 0) for one in started)])


def _of(place: str, kind: str) -> Footprint:
    found = CALLS[place]
    if place == "hours.row" and kind == "erase":
        return found._replace(reads=found.reads | bits("asked"))
    if place == "hours.progress" and kind in _PROGRESS:
        return footprint("reached" if kind != "decide" else "")
    if place == "evidence.put" and kind == "erase":
        return footprint("evidence", "evidence")
    return found
