"""The largest tenants of a period, kept as one short list instead of an index over all."""

from collections.abc import Mapping

MOST_TENANTS = 1_000


def top_for(
    before: Mapping[str | None, int], costs: Mapping[str | None, int]
) -> list[tuple[str | None, int]]:
    """Let new costs (attodollars) take the place of earlier ones; keep the largest, largest first.

    Exact while a period has at most 1,000 tenants. Beyond, a tenant left out earlier comes back
    only when its own cost is told again.
    """
    merged = {**before, **costs}
    ranked = sorted(merged.items(), key=lambda entry: (-entry[1], entry[0] or ""))
    return [(tenant, cost) for tenant, cost in ranked[:MOST_TENANTS] if cost]
