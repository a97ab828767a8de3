"""Slot totals: the live totals, derived from partials and never added to.

They hold one 5-minute slot, all tenants, and are replaced whole, under a version. Live pages
(`live_page`) are made of the slot totals of an hour. Live and closed totals never share an item.
"""

import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from bedrock_meter.domain.records.tenant import Tenant, tenant_order
from bedrock_meter.domain.records.use import NOTHING, Use, sum_of
from bedrock_meter.domain.time.hours import Hour, Slot
from bedrock_meter.domain.totals.partial import Partial

MOST_DECREASED = 500
"""So many tenants whose use decreased are remembered; few, unless much is metered again."""

MOST_ROWS = 6_000
"""A slot keeps at most so many tenants; the smallest are summed in one overflow row. Fewer than
300 KB even when tenant ids are random and do not compress (a test measures it)."""

MOST_ADDED = 5
"""So many folds in a row add to slot totals; the next one reads all partials of the slot."""

MOST_PARTS = 10_000
"""Of more log objects nothing is noted, four bytes each: all partials of the slot are read then."""

MOST_UNLISTED = 500
"""A slot keeps at most so many tenants that no policy lists, so an hour at most twelve times as
many. Anybody who may call Bedrock can make up ids; this bounds rows, live hours and assessments."""

NOBODY: frozenset[str] = frozenset()


class SlotTotals(NamedTuple):
    """The use of every tenant in one slot; `overflow` is what the smallest tenants used together.

    `tenants` maps a tenant (None: unattributed) to its use. `version` 0 was never written.
    `decreased` names tenants that a replaced partial took something from: no partial names them
    any more, and their live hours may still show it. `parts` are the log objects whose partials are
    in the sum, by `part_of`; `added` counts the folds that added to it since all were read.
    """

    slot: Slot
    version: int
    tenants: Mapping[Tenant, Use]
    overflow: Use = NOTHING
    decreased: frozenset[Tenant] = frozenset()
    parts: frozenset[int] = frozenset()
    added: int = 0

    def can_take(self, object_ids: Collection[str], few: int) -> bool:
        """Return whether the partials of these log objects can be added to the sum.

        Only what is surely not in it yet can: neither a partial that came before, maybe with other
        rows, nor that of a tenant which may be in the overflow. Up to `few` parts for each log
        object, reading all of them costs no more. Now and then all are read again, so that a
        partial whose record was lost is missing for some folds at most.
        """
        return (
            len(self.parts) > few * len(object_ids)
            and self.added < MOST_ADDED
            and self.overflow == NOTHING
            and self.parts.isdisjoint(map(part_of, object_ids))
        )


class DeferredRefresh(NamedTuple):
    """Tenants whose live pages may not show these versions of slot totals (slot, version) yet.

    With `assess` they were not assessed by these slot totals either, in this order.
    """

    hour: Hour
    tenants: tuple[Tenant, ...]
    versions: tuple[tuple[Slot, int], ...]
    assess: bool = False


def slot_totals_for(
    slot: Slot, version: int, partials: Iterable[Partial], listed: Collection[str] = NOBODY
) -> SlotTotals:
    """Add all partials of a slot; the order in which they come never matters.

    The `listed` tenants of the policy, and the unattributed calls, keep their row before others.
    """
    return with_partials(SlotTotals(slot, version - 1, {}), partials, listed)._replace(added=0)


def with_partials(
    before: SlotTotals, partials: Iterable[Partial], listed: Collection[str] = NOBODY
) -> SlotTotals:
    """Add partials that are not in slot totals yet; return their next version."""
    uses = {tenant: [use] for tenant, use in before.tenants.items()}
    parts = set(before.parts)
    for partial in partials:
        parts.add(part_of(partial.object_id))
        for row in partial.rows:
            uses.setdefault(row.tenant, []).append(row.use())
    after = before._replace(
        version=before.version + 1,
        tenants={tenant: sum_of(some) for tenant, some in uses.items()},
        parts=frozenset(parts if len(parts) <= MOST_PARTS else ()),
        added=before.added + 1,
    )
    return _within_limits(after, listed)


def part_of(object_id: str) -> int:
    """Return 32 bits for a log object: of two with the same, the second has all partials read."""
    return zlib.crc32(object_id.encode())


def _within_limits(totals: SlotTotals, listed: Collection[str]) -> SlotTotals:
    """Move the smallest of too many tenants into the overflow."""
    tenants = totals.tenants
    if len(tenants) <= min(MOST_UNLISTED, MOST_ROWS):
        return totals
    ranked = sorted(tenants, key=_rank(tenants, listed))
    known = sum(tenant is None or tenant in listed for tenant in ranked)
    room = min(known + MOST_UNLISTED, MOST_ROWS)
    kept = {tenant: tenants[tenant] for tenant in ranked[:room]}
    overflow = sum_of(tenants[tenant] for tenant in ranked[room:])
    return totals._replace(tenants=kept, overflow=overflow)


def by_spend(
    tenants: Iterable[Tenant],
    used: Iterable[Mapping[Tenant, Use]],
    listed: Collection[str],
) -> list[str | None]:
    """Return tenants in the order of assessment: listed ones first, then by what they used."""
    parts: dict[Tenant, list[Use]] = {tenant: [] for tenant in tenants}
    for some in used:
        for tenant, use in some.items():
            if tenant in parts:
                parts[tenant].append(use)
    uses = {tenant: sum_of(each) for tenant, each in parts.items()}
    return sorted(uses, key=_rank(uses, listed))


def _rank(
    uses: Mapping[Tenant, Use], listed: Collection[str]
) -> Callable[[Tenant], tuple[object, ...]]:
    def key(tenant: Tenant) -> tuple[object, ...]:
        use = uses[tenant]
        is_made_up = tenant is not None and tenant not in listed
        return is_made_up, -use.cost, -use.tokens, -use.requests, tenant_order(tenant)

    return key


def decreased_by(
    before: SlotTotals, after: SlotTotals, partials: Iterable[Partial]
) -> set[str | None]:
    """Return the tenants with less in slot totals than before, without those that overflowed."""
    there = set[Tenant]().union(*(partial.tenants() for partial in partials))
    overflowed = there - after.tenants.keys()
    return {
        tenant
        for tenant, then in before.tenants.items()
        if tenant not in overflowed and _is_less(after.tenants.get(tenant, NOTHING), then)
    }


def _is_less(now: Use, then: Use) -> bool:
    return any(one < other for one, other in zip(now, then, strict=True))
