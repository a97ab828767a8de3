"""Fold: make the board of a slot from its partials, then pulses and levels that it moves."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.board import MOST_SHRUNK, Board, board_for, pulse_for, shrunk_by
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
    for slot, object_ids in sorted(objects.items()):
        tenants = _fold(slot, object_ids, live)
        touched.setdefault(hour_of_slot(slot), set()).update(tenants)
    overflowing = 0
    for hour, tenants in sorted(touched.items()):
        boards = _refresh(hour, tenants, now, pulse_every, live, usage, wake)
        for tenant in sorted(tenant for tenant in tenants if tenant is not None):
            assess(tenant, hour, boards, now)
        overflowing += sum(board.overflow.requests > 0 for board in boards)
    return overflowing


def refresh_pulses(
    hour: Hour,
    tenants: Iterable[str | None],
    *,
    now: datetime,
    live: LiveTable,
    usage: UsageTable,
) -> None:
    """Refresh the pulses that a fold put off; those that say so already are left alone."""
    _put_pulses(hour, set(tenants), now, live, usage)


def _fold(slot: Slot, object_ids: set[str], live: LiveTable) -> set[str | None]:
    """Put the slot's board; name the tenants whose numbers may have moved.

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
            return gone.union(shrunk, *movers)
    raise Contended(f"the board of {slot} was replaced by others {_ATTEMPTS} times in a row")


def _at_most(number: int, tenants: Iterable[str | None]) -> frozenset[str | None]:
    return frozenset(sorted(tenants, key=lambda tenant: tenant or "")[:number])


def _refresh(
    hour: Hour,
    tenants: set[str | None],
    now: datetime,
    pulse_every: timedelta,
    live: LiveTable,
    usage: UsageTable,
    wake: WakeQueue,
) -> Sequence[Board]:
    """Refresh pulses older than `pulse_every`; have the younger ones refreshed later."""
    pulses = usage.pulses_in(hour, tenants)
    fresh = {
        tenant for tenant, pulse in pulses.items() if now - parse_time(pulse.as_of) < pulse_every
    }
    if fresh:
        wake.later(hour, sorted(fresh, key=lambda tenant: tenant or ""))
    return _put_pulses(hour, tenants - fresh, now, live, usage)


def _put_pulses(
    hour: Hour, tenants: set[str | None], now: datetime, live: LiveTable, usage: UsageTable
) -> Sequence[Board]:
    """Derive pulses from the boards: read versions, then boards, then put if unchanged."""
    todo = set(tenants)
    for _ in range(_ATTEMPTS):
        versions = usage.pulses_in(hour, todo)
        boards = live.boards_of(hour)
        for tenant in sorted(todo, key=lambda tenant: tenant or ""):
            before = versions.get(tenant)
            version = before.version if before else 0
            after = pulse_for(tenant, hour, version + 1, boards, text_of(now))
            if (before and before.slots == after.slots) or usage.put_pulse(after):
                todo.discard(tenant)
        if not todo:
            return boards
    raise Contended(f"pulses of {hour} were replaced by others {_ATTEMPTS} times in a row")
