"""Partials: what one log object says about one 5-minute slot, ready to be added up.

A partial is a pure function of a log object (and of the policy and book of the moment, because
it feeds the live preview only). It is written under the object's own key, so writing it a second
time changes nothing: there is no counter to increment anywhere.
"""

from collections.abc import Iterable
from typing import NamedTuple

from bedrock_meter.domain.records.use import Use, tokens_in
from bedrock_meter.domain.time.hours import Slot


class PartialRow(NamedTuple):
    """The calls of one tenant to one model (id as logged) in one slot of one log object.

    `cost` is in attodollars; `usage` and `unpriced` are quantities by usage kind.
    """

    tenant: str | None
    model: str
    requests: int
    errors: int
    usage: dict[str, int]
    cost: int
    unpriced_requests: int
    unpriced: dict[str, int]

    def use(self) -> Use:
        """Give the row's numbers without the model."""
        return Use(
            requests=self.requests,
            errors=self.errors,
            tokens=tokens_in(self.usage),
            cost=self.cost,
            unpriced_requests=self.unpriced_requests,
            unpriced_tokens=tokens_in(self.unpriced),
        )


class Partial(NamedTuple):
    """All rows of one log object in one slot; `version` is the generation of its evidence."""

    object_id: str
    slot: Slot
    version: int
    rows: tuple[PartialRow, ...]

    def tenants(self) -> set[str | None]:
        """Name the tenants that called in this slot."""
        return {row.tenant for row in self.rows}


def row_sum(rows: Iterable[PartialRow]) -> tuple[PartialRow, ...]:
    """Add rows of the same tenant and model, in a stable order."""
    sums: dict[tuple[str | None, str], PartialRow] = {}
    for row in rows:
        key = (row.tenant, row.model)
        sums[key] = _plus(sums[key], row) if key in sums else row
    return tuple(sums[key] for key in sorted(sums, key=lambda key: (key[0] or "", key[1])))


def _plus(one: PartialRow, other: PartialRow) -> PartialRow:
    return one._replace(
        requests=one.requests + other.requests,
        errors=one.errors + other.errors,
        usage=quantities_sum(one.usage, other.usage),
        cost=one.cost + other.cost,
        unpriced_requests=one.unpriced_requests + other.unpriced_requests,
        unpriced=quantities_sum(one.unpriced, other.unpriced),
    )


def quantities_sum(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """Add two sets of quantities, kind by kind."""
    return {kind: one.get(kind, 0) + other.get(kind, 0) for kind in {**one, **other}}
