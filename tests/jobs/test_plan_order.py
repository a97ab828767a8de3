"""The order of a plan: new hours first, then what is closed again, last what was tried in vain."""

from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs import plan_hours
from tests.builders import NINE, an_evidence, at
from tests.jobs.world import World


def a_world_with_a_past(*days: int) -> World:
    """Hours of earlier days are published, those of today are not."""
    world = World()
    for day in days:
        hour = Hour(f"2026-11-{day}T23")
        world.ingest(f"of {day}", an_evidence(f"r-{day}")._replace(at=f"{hour}:30:00Z"))
    world.run("2026-11-21T00:20")
    world.ingest("today", an_evidence())
    return world


def test_hours_that_hold_data_up_to_come_before_all_that_are_closed_again(monkeypatch) -> None:
    world = a_world_with_a_past(18, 19, 20)
    monkeypatch.setattr(plan_hours, "MOST_DAYS", 2)
    for day in (18, 19, 20):
        world.hours.ask(Hour(f"2026-11-{day}T23"))

    plan = world.plan("10:20")

    assert [day for day, _ in plan.days] == ["2026-11-21", "2026-11-18"]
    assert NINE in plan.days[0][1]


def test_within_a_day_new_hours_come_first() -> None:
    world = a_world_with_a_past(20)
    world.run("05:20")
    world.hours.ask(Hour("2026-11-21T02"))

    [(_, hours)] = world.plan("10:20").days

    assert hours[-1] == "2026-11-21T02"


def test_a_new_hour_that_was_tried_in_vain_comes_after_what_is_closed_again() -> None:
    world = a_world_with_a_past(20)
    world.run("08:20")
    world.hours.ask(Hour("2026-11-21T02"))
    world.hours.mark(NINE, at("09:20"))  # begun, and never published

    [(_, hours)] = world.plan("10:20").days

    assert hours == ("2026-11-21T08", "2026-11-21T02", NINE)
