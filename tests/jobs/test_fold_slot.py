"""Folds: boards and pulses follow the partials, whoever races, and put off what is fresh."""

from datetime import datetime, timedelta

import pytest

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.time.hours import Slot
from bedrock_meter.domain.totals.board import Board, PutOff
from tests.builders import NINE, a_log_object, an_evidence, at
from tests.jobs.world import World

SLOT = Slot("2026-11-21T09:05")
CALL = 1_500_000 * 10**9


def pulse_cost(world: World, tenant: str | None = "acme") -> int:
    return world.usage.pulses[tenant, NINE].total().cost


def test_a_fold_makes_the_board_the_pulse_and_has_the_tenant_judged() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"), an_evidence("r-2", time="09:55:00"))
    world.fold()

    assert world.live.board_of(SLOT).tenants["acme"].cost == CALL
    assert pulse_cost(world) == 2 * CALL
    assert world.judged == [("acme", NINE)]


def test_folding_again_changes_no_total() -> None:
    world = World()
    world.ingest("one", an_evidence())
    for _ in range(3):
        world.fold()

    assert pulse_cost(world) == CALL
    assert world.usage.pulses["acme", NINE].version == 1


def test_unattributed_calls_have_a_pulse_but_are_never_judged() -> None:
    world = World()
    world.ingest("one", an_evidence(metadata=None))
    world.fold()

    assert pulse_cost(world, None) == CALL
    assert world.judged == []


def test_a_tenant_that_a_replacement_emptied_loses_its_pulse() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.fold()
    world.ingest("one", an_evidence(metadata={"tenantId": "other"}), version=2)
    world.fold()

    assert pulse_cost(world) == 0
    assert pulse_cost(world, "other") == CALL


def test_a_fresh_pulse_is_put_off_and_refreshed_later() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"))
    world.fold("10:00")
    world.ingest("two", an_evidence("r-2"))
    world.fold("10:00:30", pulse_every=timedelta(minutes=1))

    assert pulse_cost(world) == CALL
    assert world.wake.notes == [PutOff(NINE, ("acme",), ((SLOT, 2),))]

    world.refresh(world.wake.notes[0], "10:01")
    assert pulse_cost(world) == 2 * CALL


def test_however_often_a_tenant_moves_its_pulse_is_written_once_in_the_given_time() -> None:
    world, due = World(), list[tuple[datetime, PutOff]]()
    minutes, every = 5, timedelta(minutes=1)

    for now in (at("10:00") + timedelta(seconds=10 * n) for n in range(6 * minutes + 12)):
        if now < at(f"10:0{minutes}"):
            world.ingest(f"at-{now:%H%M%S}", an_evidence(f"r-{now:%H%M%S}"))
            world.fold(f"{now:%H:%M:%S}", pulse_every=every)
        due += [(now + every, put_off) for put_off in world.wake.notes]
        world.wake.notes.clear()
        for put_off in [put_off for then, put_off in due if then == now]:
            world.refresh(put_off, f"{now:%H:%M:%S}")

    assert world.usage.pulses_in(NINE, ["acme"])["acme"].version <= minutes + 2
    assert pulse_cost(world) == 6 * minutes * CALL


def test_a_note_about_a_newer_board_is_never_taken_for_done() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"))
    world.fold("10:00")
    world.ingest("two", an_evidence("r-2"))
    world.fold("10:00:30", pulse_every=timedelta(minutes=1))
    first = world.wake.notes.pop()
    world.refresh(first, "10:01")
    world.ingest("three", an_evidence("r-3"))
    world.fold("10:01:30", pulse_every=timedelta(minutes=1))

    world.refresh(world.wake.notes[0], "10:02")

    assert pulse_cost(world) == 3 * CALL


def test_a_board_that_somebody_else_replaced_is_derived_again() -> None:
    world = World()
    world.ingest("one", an_evidence())
    put_board = world.live.put_board
    rivals = [Board(SLOT, 1, {}), Board(SLOT, 2, {})]

    def raced(board: Board) -> bool:
        if rivals:
            put_board(rivals.pop(0))
        return put_board(board)

    world.live.put_board = raced
    world.fold()

    assert world.live.board_of(SLOT).version == 3
    assert world.live.board_of(SLOT).tenants["acme"].cost == CALL


def test_a_fold_that_always_loses_gives_the_record_back() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.live.put_board = lambda _board: False

    with pytest.raises(Contended, match="the board of 2026-11-21T09:05"):
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


def test_a_tenant_that_lost_a_call_is_refreshed_though_others_keep_it_on_the_board() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"))
    world.ingest("two", an_evidence("r-2"))
    world.fold()
    world.ingest("one", an_evidence("r-1", metadata={"tenantId": "other"}), version=2)
    world.fold(moved=[(SLOT, a_log_object("one").object_id)])

    assert pulse_cost(world) == CALL
    assert pulse_cost(world, "other") == CALL


def test_a_fold_that_died_before_the_pulses_is_made_up_for_by_the_next() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"))
    world.fold()
    world.ingest("one", an_evidence("r-1", metadata={"tenantId": "other"}), version=2)
    put_pulse, world.usage.put_pulse = world.usage.put_pulse, _dies
    with pytest.raises(ConnectionError):
        world.fold()
    world.usage.put_pulse = put_pulse
    world.fold()

    assert pulse_cost(world) == 0
    assert pulse_cost(world, "other") == CALL


def _dies(_pulse: object) -> bool:
    raise ConnectionError
