"""A log object's manifest: what was ever touched, whose bytes count, and when nothing is to do."""

from typing import Any

import pytest

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.time.hours import Hour, Part
from bedrock_meter.jobs.ingest import IDENTITY_CONFLICT
from bedrock_meter.jobs.keep_reading import SEALED_HOUR
from bedrock_meter.jobs.set_aside import CannotSetAside, set_aside
from tests.builders import NINE, a_log_object, an_evidence, at
from tests.jobs.world import World

TEN = Hour("2026-11-21T10")
CALL = 1_500_000 * 10**9
ONE = a_log_object("one")


class Died(Exception):
    """A worker is gone."""


def dies(*_args: Any, **_more: Any) -> Any:
    raise Died


def a_worker_dies_after_its_evidence(world: World, *found: Any, **how: Any) -> None:
    """Let an ingest die between its evidence and the question for a new close."""
    row, world.hours.row = world.hours.row, dies
    with pytest.raises(Died):
        world.ingest("one", *found, **how)
    world.hours.row = row


def test_bytes_that_were_never_metered_to_the_end_give_way_to_new_ones() -> None:
    world = World()
    a_worker_dies_after_its_evidence(world, an_evidence("r-1"), content="first")

    report = world.ingest("one", an_evidence("r-2"), an_evidence("r-3"), content="second")
    world.run()

    assert (report.records, report.rejects) == (2, {})
    assert world.closed("acme", NINE) == 2 * CALL


def test_what_the_first_bytes_touched_is_empty_when_others_take_the_object_over() -> None:
    world = World()
    a_worker_dies_after_its_evidence(world, an_evidence(time="09:30:00"), content="first")

    world.ingest("one", an_evidence(time="10:30:00"), content="second")
    world.run("11:20")

    assert world.usage.day("acme", "2026-11-21").total.requests == 1
    assert world.closed("acme", TEN) == CALL


def test_a_worker_on_the_first_bytes_cannot_write_over_the_others() -> None:
    world = World()
    late: list[tuple[Any, ...]] = []
    put = world.evidence.put
    world.evidence.put = lambda *args: late.append((*args[:3], args[3].read()))
    a_worker_dies_after_its_evidence(world, an_evidence("r-1"), content="first")
    world.evidence.put = put
    world.ingest("one", an_evidence("r-2"), an_evidence("r-3"), content="second")

    part, object_id, generation, body = late[0]
    assert world.evidence.kept[part, object_id][0] > generation
    assert world.evidence.kept[part, object_id][1] != body


def test_bytes_that_come_after_an_object_is_settled_are_refused_and_kept_in_quarantine() -> None:
    world = World()
    world.ingest("one", an_evidence(), content="first")

    report = world.ingest("one", an_evidence("r-2"), content="second")
    world.run()

    assert report.rejects == {IDENTITY_CONFLICT: 1}
    assert world.closed("acme", NINE) == CALL
    assert [one.rejects[0].reason for one in world.quarantine.files()] == [IDENTITY_CONFLICT]


def test_a_settled_object_is_known_again_without_a_write_or_a_close() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run()
    before = world.manifests.manifests[ONE.object_id]
    world.manifests.put = world.evidence.put = world.hours.ask = dies

    for _ in range(5):
        assert world.ingest("one", an_evidence()).is_known

    assert world.manifests.manifests[ONE.object_id] == before
    assert not world.hours.row(NINE).is_due()


def test_a_call_that_a_newer_release_moves_counts_once_when_all_rows_are_lost() -> None:
    world = World()
    world.ingest("one", an_evidence(time="09:30:00"))
    world.run("11:20")
    world.live.copies.clear()  # DynamoDB was thrown away, or the row has ended

    world.ingest("one", an_evidence(time="10:30:00"), version=2)
    world.run("12:20")

    assert world.usage.day("acme", "2026-11-21").total.requests == 1


def test_a_replay_of_one_object_gives_the_twin_over_the_edge_its_place_back() -> None:
    world = World()
    world.ingest("one", an_evidence("r", time="09:58:00", usage={"input_tokens": 9_000}))
    world.ingest("two", an_evidence("r", time="10:02:00"))
    world.run("11:20")
    assert world.usage.day("acme", "2026-11-21").total.requests == 1

    world.ingest("one", version=2, is_live=False)  # the newer release rejects the record
    world.run("12:20")

    assert world.usage.day("acme", "2026-11-21").total.requests == 1
    assert world.closed("acme", TEN) == CALL


def test_two_readings_of_the_same_bytes_at_once_settle_the_object() -> None:
    world = World()
    put, nested = world.evidence.put, []

    def beside(*args: Any) -> bool:
        if not nested:
            nested.append(True)
            world.ingest("one", an_evidence())
        return put(*args)

    world.evidence.put = beside
    world.ingest("one", an_evidence())

    assert world.manifests.manifests[ONE.object_id].settled


def test_a_reading_that_another_one_overtook_is_delivered_again() -> None:
    world = World()
    put, nested = world.evidence.put, []

    def beside(*args: Any) -> bool:
        if not nested:
            nested.append(True)
            world.ingest("one", an_evidence(), an_evidence("r-2"), version=2)
        return put(*args)

    world.evidence.put = beside
    with pytest.raises(Contended, match="another reading"):
        world.ingest("one", an_evidence())
    world.run()

    assert world.closed("acme", NINE) == 2 * CALL


def test_a_reading_anew_that_dies_half_way_is_announced_again() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run("10:20")
    a_worker_dies_after_its_evidence(world, version=2, is_live=False, now="10:30")

    world.plan("12:20")
    world.plan("16:31")

    assert [item.object_id for item in world.queue.announced] == [ONE.object_id]
    assert world.hours.progress().data_up_to == TEN

    world.ingest("one", an_evidence("r-1"), version=2, now="16:40")
    world.plan("17:20")
    assert world.waits.waiting() == []


def test_equal_generations_are_equal_evidence_whatever_is_delivered_again() -> None:
    world = World()
    world.ingest("one", an_evidence())
    before = dict(world.evidence.kept)

    world.ingest("one", an_evidence(), is_live=False)

    assert world.evidence.kept == before


def test_a_final_hour_keeps_what_it_has_whatever_is_replayed() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run("10:20")
    world.hours.seal(TEN)
    before = (dict(world.evidence.kept), dict(world.manifests.manifests))

    report = world.ingest("one", an_evidence(time="10:30:00"), version=2, is_live=False)

    assert report.rejects == {SEALED_HOUR: 1}
    assert (world.evidence.kept, world.manifests.manifests) == before
    assert not world.hours.row(NINE).is_due()


def test_a_late_record_of_a_final_hour_is_quarantined_and_the_others_are_metered() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run("10:20")
    world.hours.seal(TEN)

    late = world.ingest("late", an_evidence("r-2"), an_evidence("r-3", time="10:30:00"))
    world.run("11:20")

    assert late.rejects == {SEALED_HOUR: 1}
    assert world.closed("acme", NINE) == world.closed("acme", TEN) == CALL


def test_hours_older_than_the_operator_keeps_open_become_final() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run("10:20")

    a_day = at("12:00") - at("2026-11-20T12:00")
    world.plan("2026-12-22T10:20", keep_open=a_day)
    assert not world.hours.progress().takes(Part(f"{NINE}:15"))
    world.plan("2026-12-22T11:20", keep_open=a_day)

    progress = world.hours.progress()
    assert progress.is_sealed(NINE)
    assert progress.sealed <= progress.data_up_to


def aside(world: World, reason: str = "its bytes are damaged") -> None:
    set_aside(ONE, reason, now=at("11:00"), stores=world.ingest_stores())


def test_data_up_to_waits_for_an_object_until_an_operator_sets_it_aside() -> None:
    world = World()
    world.ingest("first", an_evidence(time="08:30:00"), log_object=a_log_object("first", "08"))
    world.logs.objects[ONE.key] = b"damaged"
    for day in range(22, 26):
        world.run(f"2026-11-{day}T10:20")
    held = world.hours.progress().data_up_to

    aside(world)
    world.run("2026-11-25T11:20")

    assert held == Hour("2026-11-21T08")
    assert world.hours.progress().data_up_to == Hour("2026-11-25T11")
    assert [one.aside for one in world.manifests.not_metered()] == ["its bytes are damaged"]


def test_hours_behind_what_waits_are_closed_all_the_same() -> None:
    world = World()
    world.ingest("first", an_evidence(time="08:30:00"), log_object=a_log_object("first", "08"))
    world.logs.objects[ONE.key] = b"damaged"
    world.ingest("late", an_evidence("r-2", time="12:30:00"), log_object=a_log_object("late", "12"))

    world.run("13:20")

    assert world.closed("acme", Hour("2026-11-21T12")) == CALL
    assert Hour("2026-11-21T12") in world.hours.progress().beyond


def test_an_object_that_is_metered_after_all_is_listed_no_longer() -> None:
    world = World()
    world.logs.objects[ONE.key] = b"damaged"
    world.plan("10:20")
    aside(world)

    world.ingest("one", an_evidence())
    world.run("11:20")

    assert list(world.manifests.not_metered()) == []
    assert world.closed("acme", NINE) == CALL


def test_what_is_metered_cannot_be_set_aside() -> None:
    world = World()
    world.ingest("one", an_evidence())

    with pytest.raises(CannotSetAside, match="is metered"):
        aside(world)
