"""Slot totals and live hours: the live totals, derived from partials and never added to.

Slot totals hold one 5-minute slot, all tenants; a live hour holds one tenant's hour, made of the
slot totals of that hour. Both are replaced whole, under a version. Live and closed totals never
share an item.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
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

MOST_UNLISTED = 500
"""A slot keeps at most so many tenants that no policy lists, so an hour at most twelve times as
many. Anybody who may call Bedrock can make up ids; this bounds rows, live hours and assessments."""

NOBODY: frozenset[str] = frozenset()


class SlotTotals(NamedTuple):
    """The use of every tenant in one slot; `overflow` is what the smallest tenants used together.

    `tenants` maps a tenant (None: unattributed) to its use. `version` 0 was never written.
    `decreased` names tenants that a replaced partial took something from: no partial names them
    any more, and their live hours may still show it.
    """

    slot: Slot
    version: int
    tenants: Mapping[Tenant, Use]
    overflow: Use = NOTHING
    decreased: frozenset[Tenant] = frozenset()


class LiveHour(NamedTuple):
    """One tenant's live hour: the use of each slot that has any, and when it was derived.

    `versions` are those of the slot totals it was derived from.
    """

    tenant: Tenant
    hour: Hour
    version: int
    slots: Mapping[Slot, Use]
    as_of: str
    versions: Mapping[Slot, int] = MappingProxyType({})

    def total(self) -> Use:
        """Add the slots of the hour."""
        return sum_of(self.slots.values())

    def shows(self, versions: Iterable[tuple[Slot, int]]) -> bool:
        """Return whether it was derived from these slot totals, or from newer ones."""
        return all(self.versions.get(slot, 0) >= version for slot, version in versions)


class DeferredRefresh(NamedTuple):
    """Tenants whose live hours may not show these versions of slot totals (slot, version) yet.

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
    uses: dict[Tenant, list[Use]] = {}
    for partial in partials:
        for row in partial.rows:
            uses.setdefault(row.tenant, []).append(row.use())
    tenants = {tenant: sum_of(parts) for tenant, parts in uses.items()}
    if len(tenants) <= min(MOST_UNLISTED, MOST_ROWS):
        return SlotTotals(slot, version, tenants)
    ranked = sorted(tenants, key=_rank(tenants, listed))
    known = sum(tenant is None or tenant in listed for tenant in ranked)
    room = min(known + MOST_UNLISTED, MOST_ROWS)
    kept = {tenant: tenants[tenant] for tenant in ranked[:room]}
    return SlotTotals(slot, version, kept, sum_of(tenants[tenant] for tenant in ranked[room:]))


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


def live_hour_for(
    tenant: Tenant, hour: Hour, version: int, slot_totals: Sequence[SlotTotals], as_of: str
) -> LiveHour:
    """Take one tenant's row out of the slot totals of an hour."""
    slots = {
        totals.slot: totals.tenants[tenant] for totals in slot_totals if tenant in totals.tenants
    }
    versions = {totals.slot: totals.version for totals in slot_totals}
    return LiveHour(tenant, hour, version, dict(sorted(slots.items())), as_of, versions)
