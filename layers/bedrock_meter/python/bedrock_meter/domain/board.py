"""Boards and pulses: the live totals, derived from partials and never added to.

A board holds one 5-minute slot, all tenants; a pulse one tenant's live hour, made of the boards of
that hour. Both are replaced whole, under a version. Live and closed totals never share an item.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from bedrock_meter.domain.hours import Hour, Slot
from bedrock_meter.domain.partial import Partial
from bedrock_meter.domain.use import NOTHING, Use, sum_of

MOST_ROWS = 6_000
"""A board keeps at most so many tenants; the smallest are summed in one overflow row. Fewer than
300 KB even when tenant ids are random and do not compress (a test measures it)."""


class Board(NamedTuple):
    """The use of every tenant in one slot; `overflow` is what the smallest tenants used together.

    `tenants` maps a tenant (None: unattributed) to its use. `version` 0 is a board never written.
    """

    slot: Slot
    version: int
    tenants: Mapping[str | None, Use]
    overflow: Use = NOTHING


class Pulse(NamedTuple):
    """One tenant's live hour: the use of each slot that has any, and when it was derived."""

    tenant: str | None
    hour: Hour
    version: int
    slots: Mapping[Slot, Use]
    as_of: str

    def total(self) -> Use:
        """Add the slots of the hour."""
        return sum_of(self.slots.values())


def board_for(slot: Slot, version: int, partials: Iterable[Partial]) -> Board:
    """Add all partials of a slot; the order in which they come never matters."""
    uses: dict[str | None, list[Use]] = {}
    for partial in partials:
        for row in partial.rows:
            uses.setdefault(row.tenant, []).append(row.use())
    tenants = {tenant: sum_of(parts) for tenant, parts in uses.items()}
    if len(tenants) <= MOST_ROWS:
        return Board(slot, version, tenants)
    ranked = sorted(tenants, key=lambda tenant: (-tenants[tenant].cost, tenant or ""))
    kept = {tenant: tenants[tenant] for tenant in ranked[:MOST_ROWS]}
    return Board(slot, version, kept, sum_of(tenants[tenant] for tenant in ranked[MOST_ROWS:]))


def pulse_for(
    tenant: str | None, hour: Hour, version: int, boards: Iterable[Board], as_of: str
) -> Pulse:
    """Take one tenant's row out of the boards of an hour."""
    slots = {board.slot: board.tenants[tenant] for board in boards if tenant in board.tenants}
    return Pulse(tenant, hour, version, dict(sorted(slots.items())), as_of)
