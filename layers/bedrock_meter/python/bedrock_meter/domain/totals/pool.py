"""Pools: made-up ids beyond a number are one sum; an hour is a bounded amount of work."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from bedrock_meter.domain.records.tenant import POOLED, Tenant
from bedrock_meter.domain.totals.total import Total, total_of


def pooled(
    totals: Mapping[Tenant, Total], listed: Collection[str], most: int
) -> Mapping[Tenant, Total]:
    """Keep at most the `most` largest unlisted ids; add the others up. 0 keeps all.

    Of those who used equally much all are kept or none: the names decide nothing, so a tenant
    that is renamed by an erasing stays where it was.
    """
    ranks = {
        tenant: _rank(total)
        for tenant, total in totals.items()
        if tenant is not None and tenant not in listed
    }
    if not most or len(ranks) <= most:
        return totals
    first_out = sorted(ranks.values(), reverse=True)[most]
    out = {tenant for tenant, rank in ranks.items() if rank <= first_out}
    pool = total_of(totals[tenant] for tenant in out).shortened()
    return {**{name: total for name, total in totals.items() if name not in out}, POOLED: pool}


class _Rank(NamedTuple):
    cost: int
    tokens: int
    requests: int


def _rank(total: Total) -> _Rank:
    use = total.use()
    return _Rank(cost=use.cost, tokens=use.tokens, requests=use.requests)
