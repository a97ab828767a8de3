"""Fold: make slot totals from the partials of a slot, then the levels and live pages they move.

Any caller of Bedrock can invent tenant ids, so there may be any number of tenants. They are
assessed, and their live pages refreshed, in the order of `by_spend` and as long as there is time.
The rest goes into the refresh queue, for an invocation of its own; the hourly run assesses every
tenant anyway.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.records.tenant import Tenant, in_order
from bedrock_meter.domain.time.hours import Hour, Slot, hour_of_slot
from bedrock_meter.domain.totals.live import (
    MOST_DECREASED,
    DeferredRefresh,
    SlotTotals,
    by_spend,
    decreased_by,
    slot_totals_for,
    with_partials,
)
from bedrock_meter.domain.totals.live_page import pages_for
from bedrock_meter.jobs.live_pages import PageContext, StoredPages, put_pages, stored_pages
from bedrock_meter.jobs.put_next import put_next
from bedrock_meter.ports import Assess, LiveTable, RefreshQueue, Remaining, UsageTable

FOR_LIVE_HOURS = timedelta(seconds=25)
"""Assessing stops when so much time remains."""

FEW = 4
"""A query reads four kilobytes for one unit, many small partials; each one by its key costs one."""

_ATTEMPTS = 12


class MovedSlot(NamedTuple):
    """A stream record of the partials: this log object moved this slot."""

    slot: Slot
    object_id: str


class FoldStores(NamedTuple):
    """What a fold reads and writes."""

    live: LiveTable
    usage: UsageTable
    refreshes: RefreshQueue


class FoldContext(NamedTuple):
    """What a fold depends on; `listed` are the tenants that the policy names.

    `pages_for` returns how many live pages an hour gets, by the number of tenants. Slot totals with
    `few` parts, or fewer, for each log object that moved are derived from all of them.
    """

    now: datetime
    listed: Collection[str]
    assess: Assess
    remaining: Remaining
    pages_for: Callable[[int], int] = pages_for
    few: int = FEW

    def of_pages(self) -> PageContext:
        """Return what refreshing live pages depends on."""
        return PageContext(self.now, self.listed, self.remaining, self.pages_for)


def fold_slot(
    moved: Iterable[MovedSlot],
    given: FoldContext,
    stores: FoldStores,
    *,
    live_hour_every: timedelta,
) -> int:
    """Bring slot totals, levels (upwards only) and live pages up to date with what moved.

    Everything is derived again from what is stored, so a record delivered twice, late or after a
    crash leads to the same slot totals. Return how many slot totals of the hours that moved have no
    room for every tenant. Raise `Contended` after too many lost races; the stream then delivers the
    record again.
    """
    objects: dict[Slot, set[str]] = {}
    for each in moved:
        objects.setdefault(each.slot, set()).add(each.object_id)
    touched: dict[Hour, set[Tenant]] = {}
    versions: dict[Hour, list[tuple[Slot, int]]] = {}
    for slot, object_ids in sorted(objects.items()):
        hour = hour_of_slot(slot)
        version, tenants = _fold(slot, object_ids, stores.live, given)
        touched.setdefault(hour, set()).update(tenants)
        versions.setdefault(hour, []).append((slot, version))
    # Pages are read before slot totals: whoever puts one in between wins, and it is read again.
    pages = {
        hour: stored_pages(hour, tenants, given.of_pages(), stores.live, stores.usage)
        for hour, tenants in sorted(touched.items())
    }
    slot_totals = {hour: stores.live.slot_totals_of(hour) for hour in sorted(touched)}
    unassessed = _assess(touched, slot_totals, given)
    for hour, tenants in sorted(touched.items()):
        order = by_spend(tenants, [totals.tenants for totals in slot_totals[hour]], given.listed)
        behind = DeferredRefresh(hour, tuple(order), tuple(versions[hour]))
        _refresh(behind, pages[hour], slot_totals[hour], given, stores, live_hour_every)
        _defer(
            behind._replace(assess=True), [t for t in order if unassessed.get(t) == hour], stores
        )
    return sum(totals.overflow.requests > 0 for some in slot_totals.values() for totals in some)


def refresh_live_hours(deferred: DeferredRefresh, given: FoldContext, stores: FoldStores) -> None:
    """Do what a fold deferred; live pages that already show its slot totals are left alone.

    When many folds of a minute have deferred the same page, the first note that is due refreshes
    it, and the others find it done. Tenants that cannot be assessed in time are deferred again.
    """
    hour, tenants = deferred.hour, deferred.tenants
    pages = stored_pages(hour, tenants, given.of_pages(), stores.live, stores.usage)
    behind = pages.behind(tenants, deferred.versions)
    slot_totals = stores.live.slot_totals_of(hour) if behind or deferred.assess else []
    if deferred.assess:
        left = _assess({hour: set(tenants)}, {hour: slot_totals}, given)
        _defer(deferred, [tenant for tenant in tenants if tenant in left], stores)
    if behind:
        undone = _put(behind, pages, slot_totals, given, stores)
        _defer(deferred._replace(assess=False), undone, stores)


def _assess(
    touched: Mapping[Hour, Collection[Tenant]],
    slot_totals: Mapping[Hour, Sequence[SlotTotals]],
    given: FoldContext,
) -> dict[Tenant, Hour]:
    """Assess in order while there is time; return the other tenants, each with its latest hour."""
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
    slot: Slot, object_ids: set[str], live: LiveTable, given: FoldContext
) -> tuple[int, set[Tenant]]:
    """Put a slot's totals; return their version, and the tenants whose row may have moved.

    A tenant that a replaced partial took something from is in no partial any more. The totals
    remember it: if this fold dies before it refreshes the live hour, the next one sees no change.
    """

    def turn() -> tuple[int, set[Tenant]] | None:
        before = live.totals_of_slot(slot)
        if before.can_take(object_ids, given.few):
            partials = live.partials_at(slot, object_ids)
            after = with_partials(before, partials, given.listed)
            decreased = before.decreased
        else:
            partials = live.partials_of(slot)
            after = slot_totals_for(slot, before.version + 1, partials, given.listed)
            decreased = before.decreased | decreased_by(before, after, partials)
        if not live.put_slot_totals(after._replace(decreased=_at_most(MOST_DECREASED, decreased))):
            return None
        rows = before.tenants.keys() | after.tenants.keys()
        movers = [part.tenants() for part in partials if part.object_id in object_ids]
        moved = rows.intersection(set().union(*movers))
        gone = before.tenants.keys() - after.tenants.keys()
        return after.version, gone.union(decreased, moved)

    return put_next(turn, _ATTEMPTS, f"the totals of {slot} were replaced by others")


def _at_most(number: int, tenants: Iterable[Tenant]) -> frozenset[Tenant]:
    return frozenset(in_order(tenants)[:number])


def _defer(note: DeferredRefresh, tenants: Iterable[Tenant], stores: FoldStores) -> None:
    some = tuple(tenants)
    if some:
        stores.refreshes.later(note._replace(tenants=some))


def _refresh(
    behind: DeferredRefresh,
    pages: StoredPages,
    slot_totals: Sequence[SlotTotals],
    given: FoldContext,
    stores: FoldStores,
    live_hour_every: timedelta,
) -> None:
    """Refresh pages older than `live_hour_every`; defer the younger ones."""
    due = pages.older_than(live_hour_every, behind.tenants, given.now)
    done = set(due).difference(_put(due, pages, slot_totals, given, stores))
    _defer(behind, [tenant for tenant in behind.tenants if tenant not in done], stores)


def _put(
    tenants: Sequence[Tenant],
    pages: StoredPages,
    slot_totals: Sequence[SlotTotals],
    given: FoldContext,
    stores: FoldStores,
) -> list[Tenant]:
    """Put the pages of tenants; return those that there was no time for."""
    context = given.of_pages()
    return put_pages(tenants, pages, slot_totals, context, live=stores.live, usage=stores.usage)
