"""Live pages: whose row is where, how many there are, and that each fits an item."""

import hashlib

import pytest
from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.aws.usage_items import live_page_in, of_live_page
from bedrock_meter.domain.records.aliases import LONGEST_VALUE
from bedrock_meter.domain.records.tenant import tenant_key
from bedrock_meter.domain.records.use import Use, sum_of
from bedrock_meter.domain.time.hours import Slot
from bedrock_meter.domain.totals.live import SlotTotals
from bedrock_meter.domain.totals.live_page import (
    MOST_BYTES,
    MOST_PAGES,
    LivePage,
    by_page,
    hour_uses,
    page_of,
    pages_for,
    with_room,
)
from bench.capacity import item_size
from tests.builders import NINE

EARLY, LATE = Slot("2026-11-21T09:00"), Slot("2026-11-21T09:05")
MOST_OF_AN_ITEM = 400 * 1024
TENANTS = st.none() | st.text(max_size=20)
PAGES = st.sampled_from([1, 16, 64, MOST_PAGES])


def a_size(page: LivePage) -> int:
    item = of_live_page(page) | {"pk": f"P#{NINE}", "sk": "0", "version": 1, "ttl": 1_790_000_000}
    write = TypeSerializer().serialize
    return item_size({name: write(value) for name, value in item.items()})


def test_an_hour_is_the_sum_of_a_tenants_slots() -> None:
    early = SlotTotals(EARLY, 3, {"a": Use(1, cost=1)})
    late = SlotTotals(LATE, 8, {"a": Use(2, cost=2), "b": Use(4)})

    assert hour_uses([late, early]) == {"a": Use(3, cost=3), "b": Use(4)}


@given(st.dictionaries(TENANTS, st.builds(Use, st.integers(0, 9)), max_size=30), PAGES)
def test_every_tenant_is_on_one_page_which_is_its_own(uses: dict[str | None, Use], n: int) -> None:
    pages = by_page(uses, n)

    assert all(page_of(tenant, n) == number for number, held in pages.items() for tenant in held)
    assert sum_of(use for held in pages.values() for use in held.values()) == sum_of(uses.values())


@pytest.mark.parametrize("tenant", ["acme", None, "", "a#b", "日本"])
def test_a_page_is_found_with_sha256sum(tenant: str | None) -> None:
    digest = hashlib.sha256(tenant_key(tenant).encode()).hexdigest()

    assert page_of(tenant, 64) == int(digest[:8], 16) % 64


@pytest.mark.parametrize(
    ("tenants", "pages"),
    [(0, 1), (200, 1), (256, 1), (257, 2), (20_000, 128), (72_000, 512), (10**7, 4_096)],
)
def test_pages_are_as_many_as_tenants_need(tenants: int, pages: int) -> None:
    assert pages_for(tenants) == pages


def test_a_page_of_many_tenants_has_ten_kilobytes() -> None:
    uses = {f"tenant-{n:05d}": Use(9, 0, 51_234, n * 10**14, 0, 0) for n in range(20_000)}
    n, versions = pages_for(len(uses)), {Slot(f"{NINE}:{m:02d}"): 30 for m in range(0, 60, 5)}
    sizes = [
        a_size(LivePage(NINE, number, n, 1, rows, "2026-11-21T09:06:00Z", versions))
        for number, rows in by_page(uses, n).items()
    ]

    assert n == len(sizes)
    assert max(sizes) < 10 * 1024


@pytest.mark.parametrize("char", ["a", "日", "😀"])
def test_a_page_of_ids_made_up_to_share_it_fits_an_item_and_keeps_the_listed(char: str) -> None:
    made_up = {f"{n}".ljust(LONGEST_VALUE, char): Use(1, cost=n) for n in range(6_000)}
    kept = with_room(made_up | {"listed": Use(1)}, {"listed"})
    page = LivePage(NINE, 0, 1, 1, kept, "2026-11-21T09:06:00Z")

    assert "listed" in kept
    assert min(use.cost for name, use in kept.items() if name != "listed") > 0
    assert a_size(page) < MOST_OF_AN_ITEM
    assert sum(len(tenant_key(name).encode()) for name in kept) <= MOST_BYTES


def test_a_page_shows_slot_totals_that_it_was_derived_from_and_older_ones() -> None:
    page = LivePage(NINE, 0, 1, 1, {}, "2026-11-21T09:06:00Z", {EARLY: 3})

    assert page.shows([(EARLY, 3)])
    assert page.shows([(EARLY, 2)])
    assert not page.shows([(EARLY, 4)])
    assert not page.shows([(LATE, 1)])


def test_an_item_is_read_as_it_was_written() -> None:
    uses = {"acme": Use(1, 0, 7, 10**18 + 1), None: Use(2), "": Use(3), "T#x": Use(4)}
    page = LivePage(NINE, 3, 16, 5, uses, "2026-11-21T09:06:00Z", {LATE: 2}, left_out=1)

    assert live_page_in(of_live_page(page) | {"version": 5}, NINE, 3) == page
