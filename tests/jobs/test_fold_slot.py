"""Folds: slot totals and live hours follow the partials in any race; fresh ones are deferred."""

from datetime import datetime, timedelta

import pytest

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.records.use import NOTHING
from bedrock_meter.domain.time.hours import Slot
from bedrock_meter.domain.totals.live import DeferredRefresh, SlotTotals
from tests.builders import NINE, a_log_object, an_evidence, at
from tests.jobs.world import World

SLOT = Slot("2026-11-21T09:05")
CALL = 1_500_000 * 10**9


def live_hour_cost(world: World, tenant: str | None = "acme") -> int:
    return world.usage.pages[NINE, 0].uses.get(tenant, NOTHING).cost


def test_a_fold_makes_the_slot_totals_the_live_hour_and_has_the_tenant_assessed() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"), an_evidence("r-2", time="09:55:00"))
    world.fold()

    assert world.live.totals_of_slot(SLOT).tenants["acme"].cost == CALL
    assert live_hour_cost(world) == 2 * CALL
    assert world.assessed == [("acme", NINE)]


def test_folding_again_changes_no_total() -> None:
    world = World()
    world.ingest("one", an_evidence())
    for _ in range(3):
        world.fold()

    assert live_hour_cost(world) == CALL


def test_unattributed_calls_have_a_live_hour_but_are_never_assessed() -> None:
    world = World()
    world.ingest("one", an_evidence(metadata=None))
    world.fold()

    assert live_hour_cost(world, None) == CALL
    assert world.assessed == []


def test_a_tenant_that_a_replacement_emptied_loses_its_live_hour() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.fold()
    world.ingest("one", an_evidence(metadata={"tenantId": "other"}), version=2)
    world.fold()

    assert live_hour_cost(world) == 0
    assert live_hour_cost(world, "other") == CALL


def test_the_refresh_of_a_fresh_live_hour_is_deferred() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"))
    world.fold("10:00")
    world.ingest("two", an_evidence("r-2"))
    world.fold("10:00:30", live_hour_every=timedelta(minutes=1))

    assert live_hour_cost(world) == CALL
    assert world.refreshes.notes == [DeferredRefresh(NINE, ("acme",), ((SLOT, 2),))]

    world.refresh(world.refreshes.notes[0], "10:01")
    assert live_hour_cost(world) == 2 * CALL


def test_however_often_a_tenant_moves_its_live_hour_is_written_once_in_the_given_time() -> None:
    world, due = World(), list[tuple[datetime, DeferredRefresh]]()
    minutes, every = 5, timedelta(minutes=1)

    for now in (at("10:00") + timedelta(seconds=10 * n) for n in range(6 * minutes + 12)):
        if now < at(f"10:0{minutes}"):
            world.ingest(f"at-{now:%H%M%S}", an_evidence(f"r-{now:%H%M%S}"))
            world.fold(f"{now:%H:%M:%S}", live_hour_every=every)
        due += [(now + every, deferred) for deferred in world.refreshes.notes]
        world.refreshes.notes.clear()
        for deferred in [deferred for then, deferred in due if then == now]:
            world.refresh(deferred, f"{now:%H:%M:%S}")

    assert world.usage.pages[NINE, 0].version <= 1 + minutes + 2
    assert live_hour_cost(world) == 6 * minutes * CALL


def test_a_deferred_refresh_for_newer_slot_totals_is_never_taken_for_done() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"))
    world.fold("10:00")
    world.ingest("two", an_evidence("r-2"))
    world.fold("10:00:30", live_hour_every=timedelta(minutes=1))
    first = world.refreshes.notes.pop()
    world.refresh(first, "10:01")
    world.ingest("three", an_evidence("r-3"))
    world.fold("10:01:30", live_hour_every=timedelta(minutes=1))

    world.refresh(world.refreshes.notes[0], "10:02")

    assert live_hour_cost(world) == 3 * CALL


def test_slot_totals_that_another_fold_replaced_are_derived_again() -> None:
    world = World()
    world.ingest("one", an_evidence())
    put_slot_totals = world.live.put_slot_totals
    rivals = [SlotTotals(SLOT, 1, {}), SlotTotals(SLOT, 2, {})]

    def raced(totals: SlotTotals) -> bool:
        if rivals:
            put_slot_totals(rivals.pop(0))
        return put_slot_totals(totals)

    world.live.put_slot_totals = raced
    world.fold()

    assert world.live.totals_of_slot(SLOT).version == 3
    assert world.live.totals_of_slot(SLOT).tenants["acme"].cost == CALL


def test_a_fold_that_always_loses_gives_the_record_back() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.live.put_slot_totals = lambda _slot_totals: False

    with pytest.raises(Contended, match="the totals of 2026-11-21T09:05"):
        world.fold()


def test_a_published_hour_gets_no_partials() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"))
    world.run()
    before = dict(world.live.partials)

    world.ingest("late", an_evidence("r-2"))

    assert world.live.partials == before


def test_replay_writes_no_partials() -> None:
    world = World()
    world.ingest("one", an_evidence(), is_live=False)

    assert world.live.partials == {}
    assert world.evidence.files(NINE)


def test_a_tenant_that_lost_a_call_is_refreshed_though_others_keep_it_in_the_slot_totals() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"))
    world.ingest("two", an_evidence("r-2"))
    world.fold()
    world.ingest("one", an_evidence("r-1", metadata={"tenantId": "other"}), version=2)
    world.fold(moved=[(SLOT, a_log_object("one").object_id)])

    assert live_hour_cost(world) == CALL
    assert live_hour_cost(world, "other") == CALL


def test_a_fold_that_died_before_the_live_hours_is_made_up_for_by_the_next() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"))
    world.fold()
    world.ingest("one", an_evidence("r-1", metadata={"tenantId": "other"}), version=2)
    put_live_page, world.usage.put_live_page = world.usage.put_live_page, _dies
    with pytest.raises(ConnectionError):
        world.fold()
    world.usage.put_live_page = put_live_page
    world.fold()

    assert live_hour_cost(world) == 0
    assert live_hour_cost(world, "other") == CALL


def _dies(_page: object) -> bool:
    raise ConnectionError
