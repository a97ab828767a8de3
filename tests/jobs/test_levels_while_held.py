"""Levels go by all hours that are published, though a log object holds `data up to` back."""

from types import SimpleNamespace
from typing import cast

from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs.assess_tenants import AssessStores, tenants_to_assess
from bedrock_meter.jobs.read_spend import reach_at
from bedrock_meter.local.levels import MemoryLevels
from tests.builders import NINE, a_key, a_log_object, an_evidence, at
from tests.jobs.world import World


def a_held_world() -> World:
    """`data up to` waits for an object of five o'clock; nine o'clock is published beyond it."""
    world = World()
    world.logs.objects[a_key("broken", "05", "05:30:00")] = b"unreadable"
    early = an_evidence("r-0", "05:05:00", metadata={"tenantId": "early"})
    world.ingest("early", early, log_object=a_log_object("early", "05", "05:59:00"), now="05:59")
    world.run("06:20")
    world.ingest("one", an_evidence("r-1", "09:40:00"))
    world.fold("09:59")
    world.run("10:20")
    assert world.hours.progress().data_up_to == Hour("2026-11-21T05")
    assert NINE in world.hours.progress().beyond
    return world


def test_whoever_called_in_the_latest_published_hour_is_assessed() -> None:
    world = a_held_world()

    stores = SimpleNamespace(**vars(world), levels=MemoryLevels())
    named = tenants_to_assess(
        0,
        1,
        reach=reach_at(at("10:25"), hours=world.hours, live=world.live),
        listed=(),
        stores=cast(AssessStores, stores),
    )

    assert named == ["acme"]


def test_calls_are_known_up_to_the_end_of_the_latest_published_hour() -> None:
    world = a_held_world()

    reach = reach_at(at("10:25"), hours=world.hours, live=world.live)

    assert (reach.closed, reach.known) == (Hour("2026-11-21T05"), at("10:00"))
