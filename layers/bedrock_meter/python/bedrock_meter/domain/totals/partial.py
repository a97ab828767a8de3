"""Partials: what one log object says about one 5-minute slot, ready to be added up.

A partial is a pure function of a log object (and of the policy and book of the moment, because
it feeds the live preview only). It is written under the object's own key, so writing it a second
time changes nothing: there is no counter to increment anywhere.
"""

from typing import NamedTuple

from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.records.use import Use, use_of
from bedrock_meter.domain.time.hours import Slot


class PartialRow(NamedTuple):
    """The calls of one tenant to one model (id as logged) in one slot of one log object.

    `cost` is in attodollars; `usage` and `unpriced` are quantities by usage kind.
    """

    tenant: Tenant
    model: str
    requests: int
    errors: int
    usage: dict[str, int]
    cost: int
    unpriced_requests: int
    unpriced: dict[str, int]

    def use(self) -> Use:
        """Return the row's numbers without the model."""
        one = self
        return use_of(
            one.requests, one.errors, one.usage, one.cost, one.unpriced_requests, one.unpriced
        )


class Partial(NamedTuple):
    """All rows of one log object in one slot; `version` is the generation of its evidence."""

    object_id: str
    slot: Slot
    version: int
    rows: tuple[PartialRow, ...]

    def tenants(self) -> set[Tenant]:
        """Return the tenants that called in this slot."""
        return {row.tenant for row in self.rows}
