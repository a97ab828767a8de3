"""Boards and pulses: the live totals, derived from partials and never added to.

A board holds one 5-minute slot, all tenants; a pulse one tenant's live hour, made of the boards of
that hour. Both are replaced whole, under a version. Live and closed totals never share an item.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from bedrock_meter.domain.records.use import NOTHING, Use, sum_of
from bedrock_meter.domain.time.hours import Hour, Slot
from bedrock_meter.domain.totals.partial import Partial

MOST_SHRUNK = 500
"""A board remembers so many tenants that shrank; there are few unless much is metered again."""

MOST_ROWS = 6_000
"""A board keeps at most so many tenants; the smallest are summed in one overflow row. Fewer than
300 KB even when tenant ids are random and do not compress (a test measures it)."""

MOST_UNLISTED = 500
"""A board keeps at most so many tenants that no policy lists, so an hour at most twelve times as
many. Anybody who may call Bedrock can make up ids; this bounds rows, pulses and judgements."""

NOBODY: frozenset[str] = frozenset()


class Board(NamedTuple):
    """The use of every tenant in one slot; `overflow` is what the smallest tenants used together.

    `tenants` maps a tenant (None: unattributed) to its use. `version` 0 is a board never written.
    `shrunk` names tenants that a replaced partial took something from: no partial names them any
    more, and their pulses may still show it.
    """

    slot: Slot
    version: int
    tenants: Mapping[str | None, Use]
    overflow: Use = NOTHING
    shrunk: frozenset[str | None] = frozenset()


class Pulse(NamedTuple):
    """One tenant's live hour: the use of each slot that has any, and when it was derived.

    `boards` are the versions of the boards it was derived from.
    """

    tenant: str | None
    hour: Hour
    version: int
    slots: Mapping[Slot, Use]
    as_of: str
    boards: Mapping[Slot, int] = MappingProxyType({})

    def total(self) -> Use:
        """Add the slots of the hour."""
        return sum_of(self.slots.values())

    def shows(self, boards: Iterable[tuple[Slot, int]]) -> bool:
        """Tell whether it was derived from these boards, or from newer ones."""
        return all(self.boards.get(slot, 0) >= version for slot, version in boards)


class PutOff(NamedTuple):
    """A note to oneself: tenants whose pulses may not show these boards (slot, version) yet.

    With `judge` they were not judged by these boards either, in this order.
    """

    hour: Hour
    tenants: tuple[str | None, ...]
    boards: tuple[tuple[Slot, int], ...]
    judge: bool = False


def board_for(
    slot: Slot, version: int, partials: Iterable[Partial], listed: Collection[str] = NOBODY
) -> Board:
    """Add all partials of a slot; the order in which they come never matters.

    The `listed` tenants of the policy, and the unattributed calls, keep their row before others.
    """
    uses: dict[str | None, list[Use]] = {}
    for partial in partials:
        for row in partial.rows:
            uses.setdefault(row.tenant, []).append(row.use())
    tenants = {tenant: sum_of(parts) for tenant, parts in uses.items()}
    if len(tenants) <= min(MOST_UNLISTED, MOST_ROWS):
        return Board(slot, version, tenants)
    ranked = sorted(tenants, key=_rank(tenants, listed))
    known = sum(tenant is None or tenant in listed for tenant in ranked)
    room = min(known + MOST_UNLISTED, MOST_ROWS)
    kept = {tenant: tenants[tenant] for tenant in ranked[:room]}
    return Board(slot, version, kept, sum_of(tenants[tenant] for tenant in ranked[room:]))


def by_spend(
    tenants: Iterable[str | None],
    used: Iterable[Mapping[str | None, Use]],
    listed: Collection[str],
) -> list[str | None]:
    """Put tenants into the order of judging: listed ones first, then by what they used."""
    parts: dict[str | None, list[Use]] = {tenant: [] for tenant in tenants}
    for some in used:
        for tenant, use in some.items():
            if tenant in parts:
                parts[tenant].append(use)
    uses = {tenant: sum_of(each) for tenant, each in parts.items()}
    return sorted(uses, key=_rank(uses, listed))


def _rank(
    uses: Mapping[str | None, Use], listed: Collection[str]
) -> Callable[[str | None], tuple[bool, int, int, int, str]]:
    def key(tenant: str | None) -> tuple[bool, int, int, int, str]:
        use = uses[tenant]
        is_made_up = tenant is not None and tenant not in listed
        return is_made_up, -use.cost, -use.tokens, -use.requests, tenant or ""

    return key


def shrunk_by(before: Board, after: Board, partials: Iterable[Partial]) -> set[str | None]:
    """Name the tenants with less on a board than before, not counting those that overflowed."""
    there = set[str | None]().union(*(partial.tenants() for partial in partials))
    overflowed = there - after.tenants.keys()
    return {
        tenant
        for tenant, then in before.tenants.items()
        if tenant not in overflowed and _is_less(after.tenants.get(tenant, NOTHING), then)
    }


def _is_less(now: Use, then: Use) -> bool:
    return any(one < other for one, other in zip(now, then, strict=True))


def pulse_for(
    tenant: str | None, hour: Hour, version: int, boards: Sequence[Board], as_of: str
) -> Pulse:
    """Take one tenant's row out of the boards of an hour."""
    slots = {board.slot: board.tenants[tenant] for board in boards if tenant in board.tenants}
    versions = {board.slot: board.version for board in boards}
    return Pulse(tenant, hour, version, dict(sorted(slots.items())), as_of, versions)
