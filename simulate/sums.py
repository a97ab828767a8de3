"""Sums of requests, tokens and money, as invariants and differences compare them."""

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any, NamedTuple

from simulate.oracle import POOLED


class UsageSum(NamedTuple):
    """Requests, tokens and attodollars of something."""

    requests: int = 0
    tokens: int = 0
    cost: int = 0

    def plus(self, other: "UsageSum") -> "UsageSum":
        return UsageSum(*(a + b for a, b in zip(self, other, strict=True)))

    def minus(self, other: "UsageSum") -> "UsageSum":
        return UsageSum(*(a - b for a, b in zip(self, other, strict=True)))


NOTHING = UsageSum()


def sum_of(sums: Iterable[UsageSum]) -> UsageSum:
    """Return the total of any number of sums."""
    whole = NOTHING
    for one in sums:
        whole = whole.plus(one)
    return whole


def total_sum(total: Any) -> UsageSum:
    """Return the sum of a closed total."""
    return UsageSum(total.requests, _tokens(total.usage), total.cost)


def use_sum(use: Any) -> UsageSum:
    """Return the sum of a live use."""
    return UsageSum(use.requests, use.tokens, use.cost)


def rollup_sums(calls: Iterable[Any]) -> dict[str | None, UsageSum]:
    """Return the sum of each tenant's calls in a Parquet file.

    A failed call has the counts it showed; they are in no total.
    """
    sums: dict[str | None, UsageSum] = {}
    for call in calls:
        usage = {} if call.evidence.error_code is not None else call.evidence.usage
        one = UsageSum(1, _tokens(usage), call.charge.priced)
        tenant = call.attribution.tenant
        sums[tenant] = sums.get(tenant, NOTHING).plus(one)
    return sums


def pooled(
    rows: dict[str | None, UsageSum],
    closing: dict[str | None, UsageSum],
    erased: Mapping[str | None, str],
) -> dict[str | None, UsageSum]:
    """Add up the names of Parquet that a closing has among the pooled ones.

    It has them as they are, or under their pseudonyms. `erased` is empty for names that came back:
    the closing may have the pseudonym too, while the name itself is among the pooled.
    """
    if POOLED not in closing:
        return rows
    found: dict[str | None, UsageSum] = {}
    for name, one in rows.items():
        name = name if name in closing else erased.get(name, POOLED)
        name = name if name in closing else POOLED
        found[name] = found.get(name, NOTHING).plus(one)
    return found


def adds_up(whole: UsageSum, parts: Iterable[Iterable[UsageSum]]) -> bool:
    """Return whether a sum is made of one value of each part."""
    return any(sum_of(choice) == whole for choice in product(*(set(part) for part in parts)))


def _tokens(usage: Any) -> int:
    return sum(n for kind, n in usage.items() if kind.endswith("_tokens"))
