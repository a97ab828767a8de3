"""Fold: make the board of a slot from its partials, then levels and pulses that it moves.

Whoever may call Bedrock can make up tenant ids, so there may be any number of them. Tenants are
judged, and their pulses refreshed, in the order of `by_spend` and as long as there is time. A note
in the wake queue has the rest done in an invocation of its own; the hourly run judges all anyway.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.time.hours import Hour, Slot, hour_of_slot, parse_time, text_of
from bedrock_meter.domain.totals.board import (
    MOST_SHRUNK,
    Board,
    Pulse,
    PutOff,
    board_for,
    by_spend,
    pulse_for,
    shrunk_by,
)
from bedrock_meter.ports import Assess, LiveTable, Remaining, UsageTable, WakeQueue

FOR_PULSES = timedelta(seconds=25)
"""Judging stops when so much time remains."""

FOR_NOTES = timedelta(seconds=10)
"""Refreshing pulses stops when so much time remains."""

_ATTEMPTS = 12


class Woken(NamedTuple):
    """What a stream record of the partials says: this log object moved this slot."""

    slot: Slot
    object_id: str


class FoldStores(NamedTuple):
    """What a fold reads and writes."""

    live: LiveTable
    usage: UsageTable
    wake: WakeQueue


class Given(NamedTuple):
    """What a fold goes by: `listed` are the tenants that the policy names."""

    now: datetime
    listed: Collection[str]
    assess: Assess
    remaining: Remaining


def fold_slot(
    woken: Iterable[Woken], given: Given, stores: FoldStores, *, pulse_every: timedelta
) -> int:
    """Bring boards, (upwards only) levels and pulses up to date with the partials that moved.

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
        version, tenants = _fold(slot, object_ids, stores.live, given.listed)
        touched.setdefault(hour, set()).update(tenants)
        versions.setdefault(hour, []).append((slot, version))
    # Pulses before boards: a pulse that is then put unchanged shows these boards or newer ones.
    pulses = {hour: stores.usage.pulses_in(hour, tenants) for hour, tenants in touched.items()}
    boards = {hour: stores.live.boards_of(hour) for hour in sorted(touched)}
    unjudged = _judge(touched, boards, given)
    for hour, tenants in sorted(touched.items()):
        order = by_spend(tenants, [board.tenants for board in boards[hour]], given.listed)
        behind = PutOff(hour, tuple(order), tuple(versions[hour]))
        _refresh(behind, pulses[hour], boards[hour], given, stores, pulse_every)
        _put_off(behind._replace(judge=True), [t for t in order if unjudged.get(t) == hour], stores)
    return sum(board.overflow.requests > 0 for some in boards.values() for board in some)


def refresh_pulses(put_off: PutOff, given: Given, stores: FoldStores) -> None:
    """Do what a fold put off; pulses that show its boards by now are left alone.

    So of many folds in a minute, each of which put a pulse off, the first note that is due
    refreshes it, and the others find it done. Whom there is no time to judge is put off again.
    """
    pulses = stores.usage.pulses_in(put_off.hour, put_off.tenants)
    behind = [
        tenant
        for tenant in put_off.tenants
        if tenant not in pulses or not pulses[tenant].shows(put_off.boards)
    ]
    boards = stores.live.boards_of(put_off.hour) if behind or put_off.judge else []
    if put_off.judge:
        left = _judge({put_off.hour: set(put_off.tenants)}, {put_off.hour: boards}, given)
        _put_off(put_off, [tenant for tenant in put_off.tenants if tenant in left], stores)
    if behind:
        undone = _put_pulses(put_off.hour, behind, pulses, boards, given, stores)
        _put_off(put_off._replace(judge=False), undone, stores)


def _judge(
    touched: Mapping[Hour, Collection[str | None]],
    boards: Mapping[Hour, Sequence[Board]],
    given: Given,
) -> dict[str | None, Hour]:
    """Judge in order while there is time; name who is left, each with its latest hour."""
    latest = {tenant: hour for hour in sorted(touched) for tenant in touched[hour]}
    latest.pop(None, None)
    used = [board.tenants for some in boards.values() for board in some]
    for tenant in by_spend(latest, used, given.listed):
        if given.remaining() < FOR_PULSES:
            break
        if tenant is not None:
            given.assess(tenant, boards)
            del latest[tenant]
    return latest


def _fold(
    slot: Slot, object_ids: set[str], live: LiveTable, listed: Collection[str]
) -> tuple[int, set[str | None]]:
    """Put the slot's board; give its version, and the tenants whose row may have moved.

    Whom a replaced partial took something from, it names no longer. The board remembers them:
    after a fold that died before it had refreshed their pulses, the next sees no change.
    """
    for _ in range(_ATTEMPTS):
        before = live.board_of(slot)
        partials = live.partials_of(slot)
        after = board_for(slot, before.version + 1, partials, listed)
        shrunk = before.shrunk | shrunk_by(before, after, partials)
        if live.put_board(after._replace(shrunk=_at_most(MOST_SHRUNK, shrunk))):
            rows = before.tenants.keys() | after.tenants.keys()
            movers = [part.tenants() for part in partials if part.object_id in object_ids]
            moved = rows.intersection(set().union(*movers))
            gone = before.tenants.keys() - after.tenants.keys()
            return after.version, gone.union(shrunk, moved)
    raise Contended(f"the board of {slot} was replaced by others {_ATTEMPTS} times in a row")


def _at_most(number: int, tenants: Iterable[str | None]) -> frozenset[str | None]:
    return frozenset(sorted(tenants, key=lambda tenant: tenant or "")[:number])


def _put_off(note: PutOff, tenants: Iterable[str | None], stores: FoldStores) -> None:
    some = tuple(tenants)
    if some:
        stores.wake.later(note._replace(tenants=some))


def _refresh(
    behind: PutOff,
    pulses: Mapping[str | None, Pulse],
    boards: Sequence[Board],
    given: Given,
    stores: FoldStores,
    pulse_every: timedelta,
) -> None:
    """Refresh pulses older than `pulse_every`; have the younger ones refreshed later."""
    fresh = {
        tenant
        for tenant, pulse in pulses.items()
        if given.now - parse_time(pulse.as_of) < pulse_every
    }
    due = [tenant for tenant in behind.tenants if tenant not in fresh]
    undone = set(_put_pulses(behind.hour, due, pulses, boards, given, stores))
    _put_off(behind, [one for one in behind.tenants if one in fresh or one in undone], stores)


def _put_pulses(
    hour: Hour,
    tenants: Iterable[str | None],
    pulses: Mapping[str | None, Pulse],
    boards: Sequence[Board],
    given: Given,
    stores: FoldStores,
) -> list[str | None]:
    """Derive pulses from the boards, which were read after `pulses`; put them if unchanged.

    Names those that there was no time for.
    """
    todo = list(tenants)
    for _ in range(_ATTEMPTS):
        lost: list[str | None] = []
        for done, tenant in enumerate(todo):
            if given.remaining() < FOR_NOTES:
                return lost + todo[done:]
            if not _is_put(tenant, hour, pulses.get(tenant), boards, given, stores.usage):
                lost.append(tenant)
        if not lost:
            return []
        todo = lost
        pulses = stores.usage.pulses_in(hour, todo)
        boards = stores.live.boards_of(hour)
    raise Contended(f"pulses of {hour} were replaced by others {_ATTEMPTS} times in a row")


def _is_put(
    tenant: str | None,
    hour: Hour,
    before: Pulse | None,
    boards: Sequence[Board],
    given: Given,
    usage: UsageTable,
) -> bool:
    version = before.version if before else 0
    after = pulse_for(tenant, hour, version + 1, boards, text_of(given.now))
    return (before is not None and before.slots == after.slots) or usage.put_pulse(after)
