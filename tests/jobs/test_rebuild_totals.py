"""Rebuild: stored totals are what their evidence add up to; every lie is told which way."""

from dataclasses import replace
from typing import Any

from bedrock_meter.domain.hours import Day, Month
from bedrock_meter.domain.total import HourTotal
from bedrock_meter.jobs.rebuild_totals import Rebuilt, rebuild_totals, repair
from tests.builders import NINE, an_evidence
from tests.jobs.world import World

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

    assert repair(rebuilt(world), world.hours) == (NINE,)
    world.run("11:25")

    assert wrong(rebuilt(world)) == []
    assert world.usage.month("acme", MONTH).total.cost == CALL


def test_an_hour_that_is_due_is_named_and_not_compared() -> None:
    world = a_closed_world()
    world.ingest("late", an_evidence("r-9"))

    found = rebuilt(world)

    assert found.waiting == (NINE,)
    assert wrong(found) == []


def test_an_hour_whose_charges_have_ended_is_final_and_not_compared() -> None:
    world = a_closed_world()
    for key in [key for key in world.evidence.kept if key[0].startswith(NINE)]:
        del world.evidence.kept[key]

    found = rebuilt(world)

    # Two tenants' hour of nine is left out; their days and months are still compared.
    assert (found.compared, wrong(found), found.gone) == (7, [], (NINE,))
