"""Ways to show live hours, in request units of the fold: `python -m bench.live_designs`.

One hour of 41,667 calls is folded in memory, window by window. What each design would write and
read for the live hours is counted from the sizes of its items; slot totals, which all of them need,
are counted apart. All tenants count as listed. docs/decisions/0018 holds the table.
"""

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, batched
from random import Random
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from bedrock_meter.aws.codec import packed_slot_totals
from bedrock_meter.aws.usage_items import of_live_page, of_use
from bedrock_meter.domain.records.tenant import Tenant, in_order, tenant_key
from bedrock_meter.domain.records.use import NOTHING, Use
from bedrock_meter.domain.time.hours import Hour, Slot, slot_of
from bedrock_meter.domain.totals.live import SlotTotals
from bedrock_meter.domain.totals.live_page import LivePage, page_of, pages_for
from bench.capacity import KB, item_size
from bench.units import CALLS, FOLD_WINDOW, LIVE_HOUR

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOON, AS_OF = Hour("2026-11-21T12"), "2026-11-21T12:59:59Z"
SHAPES = ((200, 35), (200, 2_000), (20_000, 35), (20_000, 2_000))
"""Tenants, and calls per log object."""
SLOT_TOTALS = "slot totals, with every design"
HOUR = timedelta(hours=1)
BESIDE_A_BODY = 100
"""Bytes of slot totals that are not their body."""
ROWS_OF_A_KB = 20
PACKED_ON_A_PAGE = 8
"""Tenants whose twelve slots, deflated together, make a kilobyte."""

type Call = tuple[Tenant, Slot, Use]
type Slots = dict[Slot, dict[Tenant, Use]]


@dataclass
class Lane:
    """The live lane of an hour: use by slot, and the tenants that moved since the last refresh.

    `tenants` is how many tenants the hour before had.
    """

    tenants: int
    slots: Slots = field(default_factory=lambda: defaultdict(dict))
    hours: dict[Tenant, Use] = field(default_factory=dict)
    moved: set[Tenant] = field(default_factory=set)

    def take(self, calls: Iterable[Call]) -> set[Slot]:
        """Add calls; return the slots that they are in."""
        touched = set()
        for tenant, slot, use in calls:
            self.slots[slot][tenant] = self.slots[slot].get(tenant, NOTHING).plus(use)
            self.hours[tenant] = self.hours.get(tenant, NOTHING).plus(use)
            self.moved.add(tenant)
            touched.add(slot)
        return touched

    def versions(self) -> dict[Slot, int]:
        """Return the versions of the slot totals there are, as large as they usually get."""
        return dict.fromkeys(self.slots, 30)


def own_items(lane: Lane) -> Iterator[int]:
    """An item for each tenant, with its slots."""
    for tenant in lane.moved:
        rows = {
            slot[14:]: list(of_use(uses[tenant]).values())
            for slot, uses in lane.slots.items()
            if tenant in uses
        }
        versions = {slot[14:]: version for slot, version in lane.versions().items()}
        total = of_use(lane.hours[tenant])
        key = {"pk": tenant_key(tenant), "sk": f"P#{NOON}"}
        yield _size({**key, **total, "slots": rows, "versions": versions, "as_of": AS_OF})


def one_item(lane: Lane) -> Iterator[int]:
    """All tenants of the hour in one item."""
    yield _size(_page(lane, 0, 1, lane.hours))


def fixed_pages(lane: Lane) -> Iterator[int]:
    """Always 16 pages."""
    return _pages(lane, 16)


def small_pages(lane: Lane) -> Iterator[int]:
    """As many pages as it takes for each to have a kilobyte."""
    return _pages(lane, 1 << ((lane.tenants - 1) // ROWS_OF_A_KB).bit_length())


def sized_pages(lane: Lane) -> Iterator[int]:
    """As many pages as the tenants of an hour need; what is built."""
    return _pages(lane, pages_for(lane.tenants))


def packed_pages(lane: Lane) -> Iterator[int]:
    """Pages by hash with every slot of their tenants, deflated: a reader needs a library."""
    pages = 1 << (lane.tenants // PACKED_ON_A_PAGE - 1).bit_length()
    held: defaultdict[int, list[Tenant]] = defaultdict(list)
    for tenant in lane.hours:
        held[page_of(tenant, pages)].append(tenant)
    for number in {page_of(tenant, pages) for tenant in lane.moved}:
        names = in_order(held[number])
        columns = [
            [[uses[name][at] if name in uses else 0 for name in names] for at in range(len(Use()))]
            for uses in lane.slots.values()
        ]
        body = zlib.compress(msgspec.json.encode([names, columns]), 9)
        yield len(body) + _size({"pk": f"P#{NOON}", "sk": str(number), "as_of": AS_OF})


def slots_only(lane: Lane) -> Iterator[int]:
    """No live hours: slot totals as plain pages, of which a reader queries twelve."""
    slot = max(lane.slots)
    pages = pages_for(lane.tenants)
    for number in {page_of(tenant, pages) for tenant in lane.moved}:
        uses = {t: use for t, use in lane.slots[slot].items() if page_of(t, pages) == number}
        yield _size(_page(lane, number, pages, uses))


DESIGNS: dict[str, Callable[[Lane], Iterator[int]]] = {
    "an item for each tenant (before)": own_items,
    "one item for all": one_item,
    "16 pages": fixed_pages,
    "pages with all slots, deflated": packed_pages,
    "slot totals in pages, no live hours": slots_only,
    "pages of a kilobyte": small_pages,
    "pages of ten kilobytes (built)": sized_pages,
}


def measure(tenants: int, size: int) -> dict[str, tuple[float, float]]:
    """Return units written and read for 1,000 calls, by design; slot totals by their own name."""
    windows = [list(some) for some in _windows(tenants, size)]
    lane = Lane(len({tenant for calls in windows for tenant, _, _ in calls}))
    units = {name: [0, 0] for name in DESIGNS} | {SLOT_TOTALS: [0, 0]}
    refreshed = START - LIVE_HOUR
    for number, calls in enumerate(windows):
        now = START + number * FOLD_WINDOW
        for slot in lane.take(calls):
            body = packed_slot_totals(SlotTotals(slot, 1, lane.slots[slot]))
            _count(units[SLOT_TOTALS], len(body) + BESIDE_A_BODY)
        if lane.moved and (now - refreshed >= LIVE_HOUR or number == len(windows) - 1):
            for name, design in DESIGNS.items():
                for item in design(lane):
                    _count(units[name], item)
            lane.moved.clear()
            refreshed = now
    return {
        name: (written * 1000 / CALLS, read * 1000 / CALLS)
        for name, (written, read) in units.items()
    }


def _count(units: list[int], size: int) -> None:
    """An item is read before it is put: units of four kilobytes, and of one."""
    units[0] += -(-size // KB)
    units[1] += -(-size // (4 * KB))


def _windows(tenants: int, size: int) -> Iterator[list[Call]]:
    """Return the calls that each fold finds, window by window."""
    rng = Random(size)
    weights = list(accumulate(1 / (rank + 1) ** 1.1 for rank in range(tenants)))
    at = [START + (number + rng.random()) / CALLS * HOUR for number in range(CALLS)]
    found: defaultdict[int, list[Call]] = defaultdict(list)
    for times in batched(at, size):
        window = (times[-1] - START) // FOLD_WINDOW
        names = rng.choices(range(tenants), cum_weights=weights, k=len(times))
        found[window] += (
            (f"tenant-{name:03d}", slot_of(time), _use(rng))
            for name, time in zip(names, times, strict=True)
        )
    return (found[number] for number in range(max(found) + 1))


def _use(rng: Random) -> Use:
    read, written = rng.randrange(20, 9_000), rng.randrange(5, 2_000)
    price = rng.randrange(1, 13) * 250_000 * 10**6
    return Use(1, 0, read + written, (read + 5 * written) * price)


def _pages(lane: Lane, pages: int) -> Iterator[int]:
    held: defaultdict[int, dict[Tenant, Use]] = defaultdict(dict)
    for tenant, use in lane.hours.items():
        held[page_of(tenant, pages)][tenant] = use
    for number in {page_of(tenant, pages) for tenant in lane.moved}:
        yield _size(_page(lane, number, pages, held[number]))


def _page(lane: Lane, number: int, pages: int, uses: dict[Tenant, Use]) -> dict[str, Any]:
    page = LivePage(NOON, number, pages, 1, uses, AS_OF, lane.versions())
    key = {"pk": f"P#{NOON}", "sk": str(number), "version": 30, "ttl": 1_790_000_000}
    return of_live_page(page) | key


def _size(item: dict[str, Any]) -> int:
    return item_size({name: _typed(value) for name, value in item.items()})


def _typed(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int | Decimal):
        return {"N": f"{value:f}" if isinstance(value, Decimal) else str(value)}
    if isinstance(value, dict):
        return {"M": {name: _typed(held) for name, held in value.items()}}
    return {"L": [_typed(held) for held in value]}


def main() -> None:
    """Print the table."""
    table = Table(title="Units per 1,000 calls, written / read", title_justify="left")
    table.add_column("design")
    columns = []
    for tenants, size in SHAPES:
        table.add_column(f"{tenants:,} tenants, {size:,} calls an object", justify="right")
        columns.append(measure(tenants, size))
    for name in columns[0]:
        table.add_row(name, *(f"{found[name][0]:.1f} / {found[name][1]:.1f}" for found in columns))
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
