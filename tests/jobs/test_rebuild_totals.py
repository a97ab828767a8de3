"""Rebuild: stored totals are what their evidence add up to; every lie is told which way."""

from dataclasses import replace
from typing import Any

from bedrock_meter.domain.time.hours import Day, Hour, Month
from bedrock_meter.domain.totals.total import HourTotal
from bedrock_meter.jobs.rebuild_totals import Rebuilt, rebuild_totals
from bedrock_meter.jobs.repair_totals import Repaired, repair_totals
from bedrock_meter.local.usage import MemoryUsageTable
from tests.builders import NINE, an_evidence
from tests.jobs.world import World

TEN, ELEVEN = Hour("2026-11-21T10"), Hour("2026-11-21T11")
DAY, MONTH = Day("2026-11-21"), Month("2026-11")
CALL = 1_500_000 * 10**9


def a_closed_world() -> World:
    world = World()
    other = {"tenantId": "other"}
    world.ingest("one", an_evidence("r-1"), an_evidence("r-2", metadata=other))
    world.ingest("two", an_evidence("r-3", time="10:30:00", metadata=None))
    world.run("11:20")
    return world


def rebuilt(world: World) -> Rebuilt:
    return rebuild_totals(
        [DAY],
        hours=world.hours,
        evidence=world.evidence,
        closings=world.closings,
        usage=world.usage,
        valuation_for=world.valuation,
    )


def repaired(world: World) -> Repaired:
    return repair_totals(rebuilt(world), hours=world.hours, usage=world.usage)


def wrong(found: Rebuilt) -> list[tuple[Any, ...]]:
    return [(one.period, one.tenant, one.direction()) for one in found.differences]


def test_a_closed_world_differs_from_its_charges_by_nothing() -> None:
    found = rebuilt(a_closed_world())

    assert (found.compared, wrong(found), found.waiting) == (9, [], ())


def test_a_tampered_hour_is_told_and_so_is_the_day_that_no_longer_fits() -> None:
    world = a_closed_world()
    item = world.usage.hours["acme", NINE]
    world.usage.hours["acme", NINE] = HourTotal(
        NINE, item.epoch, replace(item.total, cost=item.total.cost + 1)
    )

    assert wrong(rebuilt(world)) == [
        (NINE, "acme", "too much"),
        (DAY, "acme", "too little"),
    ]


def test_a_total_that_vanished_is_too_little() -> None:
    world = a_closed_world()
    del world.usage.months["other", MONTH]

    assert wrong(rebuilt(world)) == [(MONTH, "other", "too little")]


def test_other_numbers_than_the_cost_count_too() -> None:
    world = a_closed_world()
    month = world.usage.months["acme", MONTH]
    world.usage.months["acme", MONTH] = month._replace(total=replace(month.total, errors=5))

    assert wrong(rebuilt(world)) == [(MONTH, "acme", "same cost, other numbers")]


def test_a_repair_closes_again_and_nothing_differs_any_more() -> None:
    world = a_closed_world()
    item = world.usage.hours["acme", NINE]
    world.usage.hours["acme", NINE] = HourTotal(NINE, item.epoch, replace(item.total, cost=7))
    del world.usage.months["other", MONTH]

    assert repaired(world).asked == (NINE,)
    world.run("11:25")

    assert wrong(rebuilt(world)) == []
    assert world.usage.month("acme", MONTH).total.cost == CALL


def test_an_hour_that_is_due_is_named_and_not_compared() -> None:
    world = a_closed_world()
    world.ingest("late", an_evidence("r-9"))

    found = rebuilt(world)

    assert found.waiting == (NINE,)
    assert wrong(found) == []


def test_an_hour_that_lost_evidence_is_named_apart_from_hours_that_are_final() -> None:
    world = a_closed_world()
    for key in [key for key in world.evidence.kept if key[0].startswith(NINE)]:
        del world.evidence.kept[key]

    found = rebuilt(world)

    # Two tenants' hour of nine is left out; their days and months are still compared.
    assert (found.compared, wrong(found)) == (7, [])
    assert (found.lost, found.final, found.is_right()) == ((NINE,), (), False)


def test_an_hour_that_lost_evidence_and_is_final_is_compared_with_its_closing() -> None:
    world = a_closed_world()
    world.evidence.kept.clear()
    world.hours.seal(ELEVEN)

    found = rebuilt(world)

    assert (found.compared, wrong(found), found.lost) == (9, [], ())
    assert NINE in found.final
    assert found.is_right()


def test_a_final_hour_that_was_changed_is_told_and_written_back_as_it_was_published() -> None:
    world = a_closed_world()
    world.hours.seal(TEN)
    item = world.usage.hours["acme", NINE]
    world.usage.hours["acme", NINE] = HourTotal(NINE, item.epoch, replace(item.total, cost=7))
    assert wrong(rebuilt(world)) == [(NINE, "acme", "too little"), (DAY, "acme", "too much")]

    done = repaired(world)

    assert (done.asked, done.written_back) == ((), (NINE,))
    assert world.closed("acme", NINE) == CALL
    assert rebuilt(world).is_right()


def test_a_usage_table_that_was_lost_comes_back_whole_for_final_hours_and_open_ones() -> None:
    world = a_closed_world()
    before = rebuilt(world).compared
    top = world.usage.top(MONTH)
    world.hours.seal(TEN)
    world.usage = MemoryUsageTable()

    done = repaired(world)
    assert (done.asked, done.written_back) == ((TEN,), (NINE,))
    world.run("12:20")

    found = rebuilt(world)
    assert (found.compared, found.is_right()) == (before, True)
    assert world.usage.month("acme", MONTH).total.cost == CALL
    assert set(world.usage.top(MONTH)) == set(top)


def test_what_a_close_wrote_that_was_never_published_is_taken_out_of_a_final_hour() -> None:
    world = a_closed_world()
    third = an_evidence("r-8", metadata={"tenantId": "third"})
    world.ingest("late", third)
    assert world.close_hour(NINE, "11:25")  # its worker dies before it publishes
    world.hours.seal(TEN)
    assert (NINE, "third", "too much") in wrong(rebuilt(world))

    repaired(world)

    assert rebuilt(world).is_right()
    assert world.closed("third", NINE) == 0


def test_a_repair_done_twice_is_done_once() -> None:
    world = a_closed_world()
    world.hours.seal(ELEVEN)
    found = rebuilt(world)
    world.usage.hours.clear()
    world.usage.days.clear()
    lost = rebuilt(world)

    for _ in range(2):
        repair_totals(lost, hours=world.hours, usage=world.usage)

    assert rebuilt(world) == found


def test_a_rebuild_tells_of_hours_that_vanished_from_under_their_days() -> None:
    world = a_closed_world()
    world.usage.hours.clear()

    assert (NINE, "acme", "too little") in wrong(rebuilt(world))
    repaired(world)
    world.run("12:20")

    assert rebuilt(world).is_right()
