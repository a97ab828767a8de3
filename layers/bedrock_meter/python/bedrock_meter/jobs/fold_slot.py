"""Fold: make the board of a slot from its partials, then pulses and levels that it moves."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.board import (
    MOST_SHRUNK,
    Board,
    Pulse,
    PutOff,
    board_for,
    pulse_for,
    shrunk_by,
)
from bedrock_meter.domain.errors import Contended
from bedrock_meter.domain.hours import Hour, Slot, hour_of_slot, parse_time, text_of
from bedrock_meter.ports import Assess, LiveTable, UsageTable, WakeQueue

_ATTEMPTS = 12


class Woken(NamedTuple):
    """What a stream record of the partials says: this log object moved this slot."""

    slot: Slot
    object_id: str


def fold_slot(
    woken: Iterable[Woken],
    *,
    now: datetime,
    pulse_every: timedelta,
    live: LiveTable,
    usage: UsageTable,
    wake: WakeQueue,
    assess: Assess,
) -> int:
    """Bring boards, pulses and (upwards only) levels up to date with the partials that moved.

    Everything is derived anew from what is stored, so a record delivered twice, late or after a
    crash half-way leads to the same board. Raises `Contended` when others keep being quicker;
    the stream then delivers the record again. Answers how many boards have no room for every
    tenant, in the hours that moved.
    """
    objects: dict[Slot, set[str]] = {}
    for moved in woken:
        objects.setdefault(moved.slot, set()).add(moved.object_id)
    touched: dict[Hour, set[str | None]] = {}
    versions: dict[Hour, list[tuple[Slot, int]]] = {}
    for slot, object_ids in sorted(objects.items()):
        hour = hour_of_slot(slot)
        version, tenants = _fold(slot, object_ids, live)
        touched.setdefault(hour, set()).update(tenants)
        versions.setdefault(hour, []).append((slot, version))
    overflowing = 0
    for hour, tenants in sorted(touched.items()):
        behind = PutOff(hour, _in_order(tenants), tuple(versions[hour]))
        boards = _refresh(behind, now, pulse_every, live, usage, wake)
        for tenant in sorted(tenant for tenant in tenants if tenant is not None):
            assess(tenant, hour, boards, now)
        overflowing += sum(board.overflow.requests > 0 for board in boards)
    return overflowing


def refresh_pulses(put_off: PutOff, *, now: datetime, live: LiveTable, usage: UsageTable) -> None:
    """Refresh the pulses that a fold put off; those that show its boards by now are left alone.

    So of many folds in a minute, each of which put a pulse off, the first note that is due
    refreshes it, and the others find it done.
    """
    pulses = usage.pulses_in(put_off.hour, put_off.tenants)
    behind = set(put_off.tenants) - {
        tenant for tenant, pulse in pulses.items() if pulse.shows(put_off.boards)
    }
    if behind:
        _put_pulses(put_off.hour, behind, pulses, now, live, usage)


def _fold(slot: Slot, object_ids: set[str], live: LiveTable) -> tuple[int, set[str | None]]:
    """Put the slot's board; give its version, and the tenants whose numbers may have moved.

    Whom a replaced partial took something from, it names no longer. The board remembers them:
    after a fold that died before it had refreshed their pulses, the next sees no change.
    """
    for _ in range(_ATTEMPTS):
        before = live.board_of(slot)
        partials = live.partials_of(slot)
        after = board_for(slot, before.version + 1, partials)
        shrunk = before.shrunk | shrunk_by(before, after, partials)
        if live.put_board(after._replace(shrunk=_at_most(MOST_SHRUNK, shrunk))):
            movers = [part.tenants() for part in partials if part.object_id in object_ids]
            gone = set(before.tenants) - set(after.tenants)
            return after.version, gone.union(shrunk, *movers)
    raise Contended(f"the board of {slot} was replaced by others {_ATTEMPTS} times in a row")


def _at_most(number: int, tenants: Iterable[str | None]) -> frozenset[str | None]:
    return frozenset(_in_order(tenants)[:number])


def _in_order(tenants: Iterable[str | None]) -> tuple[str | None, ...]:
    return tuple(sorted(tenants, key=lambda tenant: tenant or ""))


def _refresh(
    behind: PutOff,
    now: datetime,
    pulse_every: timedelta,
    live: LiveTable,
    usage: UsageTable,
    wake: WakeQueue,
) -> Sequence[Board]:
    """Refresh pulses older than `pulse_every`; have the younger ones refreshed later."""
    pulses = usage.pulses_in(behind.hour, behind.tenants)
    fresh = {
        tenant for tenant, pulse in pulses.items() if now - parse_time(pulse.as_of) < pulse_every
    }
    if fresh:
        wake.later(behind._replace(tenants=_in_order(fresh)))
    return _put_pulses(behind.hour, set(behind.tenants) - fresh, pulses, now, live, usage)


def _put_pulses(
    hour: Hour,
    tenants: set[str | None],
    pulses: Mapping[str | None, Pulse],
    now: datetime,
    live: LiveTable,
    usage: UsageTable,
) -> Sequence[Board]:
    """Derive pulses from the boards, which are read after `pulses`; put them if unchanged."""
    todo = set(tenants)
    for _ in range(_ATTEMPTS):
        boards = live.boards_of(hour)
        for tenant in _in_order(todo):
            before = pulses.get(tenant)
            version = before.version if before else 0
            after = pulse_for(tenant, hour, version + 1, boards, text_of(now))
            if (before and before.slots == after.slots) or usage.put_pulse(after):
                todo.discard(tenant)
        if not todo:
            return boards
        pulses = usage.pulses_in(hour, todo)
    raise Contended(f"pulses of {hour} were replaced by others {_ATTEMPTS} times in a row")
