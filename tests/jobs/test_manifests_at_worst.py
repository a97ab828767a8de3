"""Log objects at their worst moments: whose bytes count, what was erased, what was given up."""

from io import BytesIO
from typing import Any

import pytest

from bedrock_meter.domain.hours import Hour
from bedrock_meter.jobs.ingest import IDENTITY_CONFLICT
from bedrock_meter.jobs.set_aside import set_aside
from tests.builders import NINE, a_log_object, a_record, an_evidence, at
from tests.jobs.auditing import AuditedWorld, records_in
from tests.jobs.test_erase_tenant import ME, NEW, Erasable, closed, mine
from tests.jobs.world import World

TEN = Hour("2026-11-21T10")
CALL = 1_500_000 * 10**9


class Died(Exception):
    """A worker is gone."""


def dies(*_args: Any, **_more: Any) -> Any:
    raise Died


def test_an_object_once_settled_refuses_other_bytes_even_while_it_is_read_anew() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"), content="first")
    world.run()
    row, world.hours.row = world.hours.row, dies  # type: ignore[method-assign]
    with pytest.raises(Died):  # a replay dies half-way
        world.ingest("one", an_evidence("r-1"), content="first", is_live=False)
    world.hours.row = row  # type: ignore[method-assign]

    report = world.ingest("one", content="overwritten with nothing")
    world.run("11:20")

    assert report.rejects == {IDENTITY_CONFLICT: 1}
    assert world.closed("acme", NINE) == CALL


def test_a_replay_that_is_delivered_twice_says_that_it_restores_an_erased_name() -> None:
    world = closed(Erasable(), mine())
    world.erase()
    world.run("12:20")
    found = (mine(), an_evidence("r-1"))
    row, world.hours.row = world.hours.row, dies  # type: ignore[method-assign]
    with pytest.raises(Died):  # throttled, timed out, contended: the queue delivers it again
        world.ingest("one", *found, is_live=False, now="12:30")
    world.hours.row = row  # type: ignore[method-assign]

    report = world.ingest("one", *found, is_live=False, now="13:00")
    world.run("13:20")

    assert (ME, NINE) in world.usage.hours  # the name is back
    assert report.is_restored  # and somebody is told


def test_a_live_redelivery_keeps_the_pseudonym_though_the_quick_copy_has_ended() -> None:
    world = closed(Erasable(), mine())
    world.erase()
    world.run("12:20")
    world.live.copies.clear()  # the Partials table was thrown away, or its row expired

    world.ingest("one", mine(), an_evidence("r-1"), now="12:30")
    world.run("13:20")

    assert (ME, NINE) not in world.usage.hours
    assert world.closed(NEW, NINE) == CALL


def half_metered(world: World, *found: Any, **how: Any) -> None:
    """An object whose first file of evidence is written, and then every reading dies."""
    put = world.evidence.put
    puts: list[Any] = []

    def once(*args: Any) -> bool:
        puts.append(args)
        if len(puts) > 1:
            raise Died
        return put(*args)

    world.evidence.put = once  # type: ignore[method-assign]
    with pytest.raises(Died):
        world.ingest("poison", *found, **how)
    world.evidence.put = put  # type: ignore[method-assign]


def give_up(world: World, name: str = "poison") -> None:
    aside = world.ingest_stores()
    set_aside(a_log_object(name), "no release can read it", now=at("10:30"), stores=aside)


def test_what_is_listed_as_not_metered_is_in_no_total() -> None:
    world = World()
    half_metered(world, an_evidence("r-1", "09:05:00"), an_evidence("r-2", "09:30:00"))
    world.plan("10:20")
    give_up(world)
    world.run("11:20")

    assert [one.key for one in world.manifests.not_metered()]
    assert ("acme", NINE) not in world.usage.hours, world.closed("acme", NINE)


def test_an_audit_finds_no_difference_in_what_an_operator_gave_up() -> None:
    world = AuditedWorld()
    log_object = world.deliver(
        "poison", a_record("r-1", "09:05:00"), a_record("r-2", "09:30:00"), is_metered=False
    )
    content = world.logs.objects[log_object.key].decode()
    found = list(records_in(BytesIO(content.encode()), log_object))
    half_metered(world, *found, log_object=log_object, content=content)
    world.plan("11:20")
    aside = world.ingest_stores()
    set_aside(log_object, "no release can read it", now=at("11:30"), stores=aside)
    world.run("11:20")

    audit = world.audited()
    assert audit.tenants == ()
    assert audit.aside == (log_object.object_id,)


def test_a_tenant_can_be_erased_though_one_of_its_objects_was_given_up() -> None:
    world = Erasable()
    half_metered(world, mine(1, "09:05:00"), mine(2, "09:30:00"))
    world.plan("10:20")
    give_up(world)
    world.run("11:20")

    assert world.erase() == NEW


def test_a_newer_reading_leaves_nothing_of_the_older_one_in_the_live_lane() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1", "09:05:00"))
    world.ingest("one", an_evidence("r-1", "09:35:00"), version=2)
    world.fold()

    live = sum(slot.cost for pulse in world.usage.pulses.values() for slot in pulse.slots.values())
    assert live == CALL
