"""Live pages in races: how many an hour has is decided once, and no row is ever lost."""

from collections import Counter
from typing import Any

import pytest

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.time.hours import Hour, Slot, text_of
from bedrock_meter.domain.totals.live_page import LivePage, page_of
from bedrock_meter.jobs.fold_slot import FoldContext
from tests.builders import NINE, an_evidence, at
from tests.jobs.world import PLENTY, World

TENANTS = [f"tenant-{n}" for n in range(12)]
CALL = 1_500_000 * 10**9


def four_pages(now: str = "10:00") -> FoldContext:
    return FoldContext(at(now), (), lambda *_: None, lambda: PLENTY, lambda _: 4)


def calls_of(*tenants: str, number: int = 0) -> list[Any]:
    return [an_evidence(f"r-{name}-{number}", metadata={"tenantId": name}) for name in tenants]


def shown(world: World) -> dict[str | None, int]:
    first = world.usage.pages[NINE, 0]
    return {
        tenant: use.cost
        for page in world.usage.pages.values()
        for tenant, use in page.uses.items()
        if page.of == first.of and page_of(tenant, page.of) == page.number
    }


def test_tenants_of_many_pages_are_each_on_their_own() -> None:
    world = World()
    world.ingest("one", *calls_of(*TENANTS))

    world.fold(given=four_pages())

    assert shown(world) == dict.fromkeys(TENANTS, CALL)
    assert len(world.usage.pages) == 4


def test_only_pages_whose_tenants_moved_are_written_again() -> None:
    world = World()
    world.ingest("one", *calls_of(*TENANTS))
    world.fold(given=four_pages())
    before = {number: page.version for (_, number), page in world.usage.pages.items()}
    world.ingest("two", *calls_of(TENANTS[0], number=1))

    world.fold(given=four_pages("10:02"), moved=list(world.live.partials)[-1:])

    after = {number: page.version for (_, number), page in world.usage.pages.items()}
    moved = page_of(TENANTS[0], 4)
    assert after == before | {moved: before[moved] + 1}


def test_the_first_page_decides_how_many_there_are_for_a_worker_that_thought_otherwise() -> None:
    world = World()
    world.ingest("one", *calls_of(*TENANTS))
    world.fold(given=four_pages())
    world.ingest("two", *calls_of(*TENANTS, number=1))

    world.fold()

    assert {page.of for page in world.usage.pages.values()} == {4}
    assert shown(world) == dict.fromkeys(TENANTS, 2 * CALL)


def test_a_rival_that_is_quicker_with_the_first_page_decides() -> None:
    world = World()
    world.ingest("one", *calls_of(*TENANTS))
    put, rivals = world.usage.put_live_page, [LivePage(NINE, 0, 2, 1, {}, text_of(at("09:00")))]

    def raced(page: LivePage) -> bool:
        if rivals:
            put(rivals.pop())
        return put(page)

    world.usage.put_live_page = raced
    world.fold(given=four_pages())

    assert {page.of for page in world.usage.pages.values()} == {2}
    assert shown(world) == dict.fromkeys(TENANTS, CALL)


def test_a_page_that_another_fold_replaced_is_derived_again_from_newer_slot_totals() -> None:
    world = World()
    world.ingest("one", *calls_of("acme"))
    world.fold()
    world.ingest("two", *calls_of("acme", number=1))
    put, raced = world.usage.put_live_page, []

    def once_raced(page: LivePage) -> bool:
        if not raced:
            raced.append(page)
            world.ingest("three", *calls_of("acme", number=2))
            world.fold("10:02")
        return put(page)

    world.usage.put_live_page = once_raced
    world.fold("10:02")

    assert shown(world) == {"acme": 3 * CALL}


def test_a_slower_worker_cannot_put_older_slot_totals_on_a_page_that_looks_right() -> None:
    gone = next(name for name in TENANTS if page_of(name, 4) == 0)
    other = next(name for name in TENANTS if page_of(name, 4) == 1)
    world, reads = World(), []
    world.ingest("one", *calls_of(gone))
    read = world.live.slot_totals_of

    def once_raced(hour: Hour) -> Any:
        found = read(hour)
        reads.append(hour)
        if len(reads) == 3:  # page 0 is there, still empty; two reads decided how many there are
            world.ingest("one", *calls_of(other), version=2)
            world.fold(given=four_pages("10:02"))
        return found

    world.live.slot_totals_of = once_raced
    world.fold(given=four_pages("10:02"))

    assert shown(world) == {other: CALL}


def test_a_first_page_that_expired_is_made_again_with_every_row_of_what_moves() -> None:
    world = World()
    world.ingest("one", *calls_of(*TENANTS))
    world.fold(given=four_pages())
    del world.usage.pages[NINE, 0]

    world.fold("10:02")

    assert world.usage.pages[NINE, 0].of == 1
    assert shown(world) == dict.fromkeys(TENANTS, CALL)


def test_pages_are_as_many_as_the_tenants_of_the_hour_before_need() -> None:
    world, asked = World(), []
    eight = [an_evidence(f"e-{name}", "08:05:00", metadata={"tenantId": name}) for name in TENANTS]
    world.ingest("eight", *eight)
    world.fold()
    world.ingest("nine", *calls_of("acme"))
    given = four_pages()._replace(pages_for=lambda tenants: asked.append(tenants) or 4)

    world.fold(given=given, moved=list(world.live.partials)[-1:])

    assert asked == [len(TENANTS)]
    assert world.usage.pages[Hour("2026-11-21T08"), 0].of == 1


def test_a_page_that_always_goes_to_others_gives_the_record_back() -> None:
    world = World()
    world.ingest("one", *calls_of("acme"))
    world.usage.put_live_page = lambda _page: False

    with pytest.raises(Contended, match="page 0 of 2026-11-21T09"):
        world.fold()


def test_a_fold_reads_the_pages_of_its_tenants_and_each_once() -> None:
    world, reads = World(), Counter[int]()
    world.ingest("one", *calls_of(*TENANTS))
    world.fold(given=four_pages())
    read = world.usage.live_pages
    world.usage.live_pages = lambda hour, numbers: reads.update(numbers) or read(hour, numbers)
    world.ingest("two", *calls_of(*TENANTS, number=1))

    world.fold(given=four_pages("10:02"))

    assert set(reads.values()) == {1}
    assert Slot("2026-11-21T09:05") in world.usage.pages[NINE, 0].versions
