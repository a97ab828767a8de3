"""Everything that could ever be observed, each with the number of the call that put it there.

From it `spend_reader` knows which answers were right at a time, and invariants what may grow.
"""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from simulate.facts import HistoryFacts
from simulate.sums import NOTHING, UsageSum

if TYPE_CHECKING:
    from simulate.world import World

type Key = tuple[str | None, str]
type Sums = dict[str | None, UsageSum]


class Observations:
    """What a world has held: slot totals, closings, publications, the number of each version."""

    def __init__(self, world: "World", facts: HistoryFacts | None = None) -> None:
        self.world = world
        self.raw = world.raw
        self.facts = facts or HistoryFacts()
        self.begun = ""
        self.ended: set[str] = set()
        self.erased: dict[str | None, str] = {}
        """Tenants whose erasing was begun, and their pseudonyms."""
        self.erasing: set[str] = set()
        """Those of them whose erasing is not finished: some names are replaced, some are not."""
        self.slots: dict[str, dict[Key, list[tuple[int, UsageSum]]]] = defaultdict(dict)
        """By hour: what slot totals showed of a tenant and slot, and since when."""
        self.closings: dict[str, list[tuple[int, int, Sums]]] = defaultdict(list)
        self.published: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self.hours: dict[Key, list[UsageSum]] = defaultdict(list)
        self.days: dict[Key, dict[int, tuple[int, UsageSum]]] = defaultdict(dict)
        self.metered: set[str] = set()
        self.given_up: set[str] = set()
        self.numbers: dict[Any, int] = {}

    @property
    def now(self) -> int:
        """The number of calls so far."""
        return self.world.wire.calls

    def closing(self, hour: str, epoch: int) -> Sums:
        """Return what a close found, as it was announced; nothing if it found an empty hour."""
        return next((sums for _, one, sums in self.closings[hour] if one == epoch), {})

    def grows(self, name: tuple[Any, ...], number: int, by: int | None = None) -> str:
        """Return a violation if a number goes down, or does not grow by as much as it must."""
        before = self.numbers.get(name, 0)
        self.numbers[name] = number
        if number < before or (by is not None and number != before + by):
            return f"{name} went from {before} to {number}"
        return ""

    def expired(self, name: Any) -> None:
        """Note that an item is gone: its versions begin anew."""
        for kind in ("page", "totals", "partial"):
            self.numbers.pop((kind, name), None)
        self.shows(name, {})

    def shows(self, slot: Any, uses: Sums) -> None:
        """Note what the totals of a slot show from now on."""
        seen = self.slots[str(slot)[:13]]
        for name in {name for name, one in seen if one == slot}.union(uses):
            seen.setdefault((name, slot), []).append((self.now, uses.get(name, NOTHING)))

    def folded(self, sums: Sums) -> Sums:
        """Return sums in which tenants that are being erased have their pseudonyms."""
        if not self.erased:
            return sums
        folded: Sums = {}
        for name, one in sums.items():
            name = self.erased.get(name, name)
            folded[name] = folded.get(name, NOTHING).plus(one)
        return folded
