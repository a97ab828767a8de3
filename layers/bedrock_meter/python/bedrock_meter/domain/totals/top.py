"""The largest tenants of a period, kept as one short list instead of an index over all."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from bedrock_meter.domain.records.tenant import Tenant, tenant_order

MOST_TENANTS = 1_000


class Ranked(NamedTuple):
    """What a tenant's period cost (attodollars), and the version of the item that says so."""

    cost: int
    version: int


def top_for(
    before: Mapping[Tenant, Ranked], costs: Mapping[Tenant, Ranked]
) -> list[tuple[Tenant, Ranked]]:
    """Let newer costs take the place of older ones; keep the largest, largest first.

    Two closes of a period write their costs in any order, so the version decides; a tenant whose
    cost went down to nothing is kept for its version. Exact up to 1,000 tenants a period; beyond, a
    tenant left out earlier comes back only when its own cost is written again.
    """
    merged = dict(before)
    for tenant, ranked in costs.items():
        if tenant not in merged or merged[tenant].version <= ranked.version:
            merged[tenant] = ranked
    order = sorted(merged.items(), key=lambda entry: (-entry[1].cost, tenant_order(entry[0])))
    return order[:MOST_TENANTS]


def renamed(rows: Sequence[Sequence[Any]], old: Any, new: Any) -> list[list[Any]]:
    """Return rows that begin with a name under another one, unless that has a row of its own.

    A close during an erasing writes the cost of the pseudonym; what the id had cost is none of it.
    """
    is_there = any(row[0] == new for row in rows)
    return [
        [new, *row[1:]] if row[0] == old else [*row]
        for row in rows
        if row[0] != old or not is_there
    ]


def with_cost(top: Iterable[tuple[Tenant, Ranked]]) -> list[tuple[Tenant, int]]:
    """Return the tenants that cost anything, and what."""
    return [(tenant, ranked.cost) for tenant, ranked in top if ranked.cost]
