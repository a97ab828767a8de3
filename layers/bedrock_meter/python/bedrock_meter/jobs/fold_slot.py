"""Fold: make slot totals from the partials of a slot, then the levels and live hours it moves.

Whoever may call Bedrock can make up tenant ids, so there may be any number of them. Tenants are
assessed, and their live hours refreshed, in the order of `by_spend` and as long as there is time.
A note in the refresh queue has the rest done in an invocation of its own; the hourly run assesses
all anyway.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.records.tenant import Tenant, in_order
from bedrock_meter.domain.time.hours import Hour, Slot, hour_of_slot, parse_time, text_of
from bedrock_meter.domain.totals.live import (
    MOST_DECREASED,
    DeferredRefresh,
    LiveHour,
    SlotTotals,
    by_spend,
    decreased_by,
    live_hour_for,
    slot_totals_for,
)
from bedrock_meter.ports import Assess, LiveTable, RefreshQueue, Remaining, UsageTable

FOR_LIVE_HOURS = timedelta(seconds=25)
"""Assessing stops when so much time remains."""

FOR_NOTES = timedelta(seconds=10)
"""Refreshing live hours stops when so much time remains."""

_ATTEMPTS = 12


class MovedSlot(NamedTuple):
    """What a stream record of the partials says: this log object moved this slot."""

    slot: Slot
    object_id: str


class FoldStores(NamedTuple):
    """What a fold reads and writes."""

    live: LiveTable
    usage: UsageTable
    refreshes: RefreshQueue


class FoldContext(NamedTuple):
    """What a fold goes by: `listed` are the tenants that the policy names."""

    now: datetime
    listed: Collection[str]
    assess: Assess
    remaining: Remaining


def fold_slot(
    moved: Iterable[MovedSlot],
    given: FoldContext,
    stores: FoldStores,
    *,
    live_hour_every: timedelta,
) -> int:
    """Bring slot totals, levels (upwards only) and live hours up to date with what moved.

    Everything is derived anew from what is stored, so a record delivered twice, late or after a
    crash half-way leads to the same slot totals. Raise `Contended` when others keep being quicker;
    the stream then delivers the record again. Answers how many slot totals have no room for every
    tenant, in the hours that moved.
    """
    objects: dict[Slot, set[str]] = {}
    for each in moved:
        objects.setdefault(each.slot, set()).add(each.object_id)
    touched: dict[Hour, set[str | None]] = {}
    versions: dict[Hour, list[tuple[Slot, int]]] = {}
    for slot, object_ids in sorted(objects.items()):
        hour = hour_of_slot(slot)
        version, tenants = _fold(slot, object_ids, stores.live, given.listed)
        touched.setdefault(hour, set()).update(tenants)
        versions.setdefault(hour, []).append((slot, version))
    # Live hours are read before slot totals: one that is then put unchanged shows these totals or
    # newer ones.
    live_hours = {
        hour: stores.usage.live_hours_in(hour, tenants) for hour, tenants in touched.items()
    }
    slot_totals = {hour: stores.live.slot_totals_of(hour) for hour in sorted(touched)}
    unassessed = _assess(touched, slot_totals, given)
    for hour, tenants in sorted(touched.items()):
        order = by_spend(tenants, [totals.tenants for totals in slot_totals[hour]], given.listed)
        behind = DeferredRefresh(hour, tuple(order), tuple(versions[hour]))
        _refresh(behind, live_hours[hour], slot_totals[hour], given, stores, live_hour_every)
        _defer(
            behind._replace(assess=True), [t for t in order if unassessed.get(t) == hour], stores
        )
    return sum(totals.overflow.requests > 0 for some in slot_totals.values() for totals in some)


def refresh_live_hours(deferred: DeferredRefresh, given: FoldContext, stores: FoldStores) -> None:
    """Do what a fold put off; live hours that show its slot totals by now are left alone.

    So of many folds in a minute, each of which put a live hour off, the first note that is due
    refreshes it, and the others find it done. Whom there is no time to assess is put off again.
    """
    live_hours = stores.usage.live_hours_in(deferred.hour, deferred.tenants)
    behind = [
        tenant
        for tenant in deferred.tenants
        if tenant not in live_hours or not live_hours[tenant].shows(deferred.versions)
    ]
    slot_totals = stores.live.slot_totals_of(deferred.hour) if behind or deferred.assess else []
    if deferred.assess:
        left = _assess({deferred.hour: set(deferred.tenants)}, {deferred.hour: slot_totals}, given)
        _defer(deferred, [tenant for tenant in deferred.tenants if tenant in left], stores)
    if behind:
        undone = _put_live_hours(deferred.hour, behind, live_hours, slot_totals, given, stores)
        _defer(deferred._replace(assess=False), undone, stores)


def _assess(
    touched: Mapping[Hour, Collection[str | None]],
    slot_totals: Mapping[Hour, Sequence[SlotTotals]],
    given: FoldContext,
) -> dict[Tenant, Hour]:
    """Assess in order while there is time; name who is left, each with its latest hour."""
    latest = {tenant: hour for hour in sorted(touched) for tenant in touched[hour]}
    latest.pop(None, None)
    used = [totals.tenants for some in slot_totals.values() for totals in some]
    for tenant in by_spend(latest, used, given.listed):
        if given.remaining() < FOR_LIVE_HOURS:
            break
        if tenant is not None:
            given.assess(tenant, slot_totals)
            del latest[tenant]
    return latest


def _fold(
    slot: Slot, object_ids: set[str], live: LiveTable, listed: Collection[str]
) -> tuple[int, set[str | None]]:
    """Put a slot's totals; give their version, and the tenants whose row may have moved.

    Whom a replaced partial took something from, it names no longer. The totals remember them: after a fold that died before it had refreshed their live hours, the next sees no change.
    """
    for _ in range(_ATTEMPTS):
        before = live.totals_of_slot(slot)
        partials = live.partials_of(slot)
        after = slot_totals_for(slot, before.version + 1, partials, listed)
        decreased = before.decreased | decreased_by(before, after, partials)
        if live.put_slot_totals(after._replace(decreased=_at_most(MOST_DECREASED, decreased))):
            rows = before.tenants.keys() | after.tenants.keys()
            movers = [part.tenants() for part in partials if part.object_id in object_ids]
            moved = rows.intersection(set().union(*movers))
            gone = before.tenants.keys() - after.tenants.keys()
            return after.version, gone.union(decreased, moved)
    raise Contended(f"the totals of {slot} were replaced by others {_ATTEMPTS} times in a row")


def _at_most(number: int, tenants: Iterable[Tenant]) -> frozenset[Tenant]:
    return frozenset(in_order(tenants)[:number])


def _defer(note: DeferredRefresh, tenants: Iterable[Tenant], stores: FoldStores) -> None:
    some = tuple(tenants)
    if some:
        stores.refreshes.later(note._replace(tenants=some))


def _refresh(
    behind: DeferredRefresh,
    live_hours: Mapping[Tenant, LiveHour],
    slot_totals: Sequence[SlotTotals],
    given: FoldContext,
    stores: FoldStores,
    live_hour_every: timedelta,
) -> None:
    """Refresh live hours older than `live_hour_every`; have the younger ones refreshed later."""
    fresh = {
        tenant
        for tenant, live_hour in live_hours.items()
        if given.now - parse_time(live_hour.as_of) < live_hour_every
    }
    due = [tenant for tenant in behind.tenants if tenant not in fresh]
    undone = set(_put_live_hours(behind.hour, due, live_hours, slot_totals, given, stores))
    _defer(behind, [one for one in behind.tenants if one in fresh or one in undone], stores)


def _put_live_hours(
    hour: Hour,
    tenants: Iterable[Tenant],
    live_hours: Mapping[Tenant, LiveHour],
    slot_totals: Sequence[SlotTotals],
    given: FoldContext,
    stores: FoldStores,
) -> list[str | None]:
    """Derive live hours from slot totals, which were read after `live_hours`; put them if unchanged.

    Names those that there was no time for.
    """
    todo = list(tenants)
    for _ in range(_ATTEMPTS):
        lost: list[Tenant] = []
        for done, tenant in enumerate(todo):
            if given.remaining() < FOR_NOTES:
                return lost + todo[done:]
            if not _is_put(tenant, hour, live_hours.get(tenant), slot_totals, given, stores.usage):
                lost.append(tenant)
        if not lost:
            return []
        todo = lost
        live_hours = stores.usage.live_hours_in(hour, todo)
        slot_totals = stores.live.slot_totals_of(hour)
    raise Contended(f"live hours of {hour} were replaced by others {_ATTEMPTS} times in a row")


def _is_put(
    tenant: Tenant,
    hour: Hour,
    before: LiveHour | None,
    slot_totals: Sequence[SlotTotals],
    given: FoldContext,
    usage: UsageTable,
) -> bool:
    version = before.version if before else 0
    after = live_hour_for(tenant, hour, version + 1, slot_totals, text_of(given.now))
    return (before is not None and before.slots == after.slots) or usage.put_live_hour(after)
