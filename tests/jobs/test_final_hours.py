"""Final hours stay as they are, whatever comes late, twice, or in between."""

from datetime import timedelta
from typing import Any

import pytest

from bedrock_meter.domain.records.waiting import read_anew
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs import plan_hours
from bedrock_meter.jobs.ingest import SEALED_HOUR
from bedrock_meter.jobs.set_aside import set_aside
from tests.builders import NINE, a_log_object, an_evidence, at
from tests.jobs.test_erase_tenant import Erasable, closed, mine
from tests.jobs.world import World

TEN = Hour("2026-11-21T10")
ELEVEN = Hour("2026-11-21T11")
CALL = 1_500_000 * 10**9


class Died(Exception):
    """A worker is gone."""


def dies(*_args: Any, **_more: Any) -> Any:
    raise Died


def rejected(world: World) -> set[str]:
    return {reject.reason for file in world.quarantine.files() for reject in file.rejects}


def test_a_record_metered_while_its_hour_becomes_final_is_counted_or_quarantined() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1"))
    world.run("11:20")
    put = world.evidence.put

    def sealing_meanwhile(*args: Any) -> bool:
        world.hours.begin_sealing(ELEVEN, at("11:25"))
        return put(*args)

    world.evidence.put = sealing_meanwhile  # type: ignore[method-assign]
    world.ingest("late", an_evidence("r-2"), log_object=a_log_object("late", "11"), now="11:25")
    world.evidence.put = put  # type: ignore[method-assign]
    world.run("12:20")
    assert not world.hours.progress().is_sealed(NINE)
    world.run("13:20")
    assert world.hours.progress().is_sealed(NINE)

    later = world.ingest("later", an_evidence("r-3"), now="13:25")
    assert world.closed("acme", NINE) == 2 * CALL
    assert later.rejects == {SEALED_HOUR: 1}


def test_an_hour_is_sealed_only_when_nobody_asks_for_it_in_between() -> None:
    """What is asked for after the plan looked waits for no one, and is not sealed over."""
    world = World()
    world.ingest("one", an_evidence("r-1"))
    world.run("11:20")
    due = world.hours.due

    def looked() -> list[Hour]:  # the index lags, or the ingest is quicker
        found = due()
        world.ingest("late", an_evidence("r-2"), log_object=a_log_object("late", "11"), now="11:25")
        return found

    world.hours.due = looked  # type: ignore[method-assign]
    world.plan("12:20", keep_open=timedelta(hours=1))
    world.hours.due = due  # type: ignore[method-assign]
    world.run("12:25")
    world.run("13:20")

    assert world.closed("acme", NINE) == 2 * CALL or SEALED_HOUR in rejected(world)


def test_a_twin_of_a_call_in_a_final_hour_is_charged_once_or_somebody_is_told() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1", "09:50:00"))
    world.run("10:20")
    world.hours.seal(TEN)
    twin = an_evidence("r-1", "10:02:00", usage={"input_tokens": 1001, "output_tokens": 100})
    world.ingest("two", twin, log_object=a_log_object("two", "10"), now="10:30")
    world.run("11:20")

    apart = world.closings.newest(TEN).duplicates_apart  # type: ignore[union-attr]
    requests = sum(total.total.requests for total in world.usage.hours.values())
    assert requests == 1 or apart == 1


def test_a_call_that_a_final_hour_left_to_its_neighbour_is_not_lost() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1", "09:50:00"))
    twin = an_evidence("r-1", "10:02:00", usage={"input_tokens": 1001, "output_tokens": 100})
    world.ingest("two", twin, log_object=a_log_object("two", "10"), now="10:05")
    world.run("11:20")
    assert sum(total.total.requests for total in world.usage.hours.values()) == 1
    world.hours.seal(TEN)
    # A newer release rejects the second record (or reads it at 10:20): that object is not final.
    world.ingest("two", log_object=a_log_object("two", "10"), now="11:30", version=2, is_live=False)
    world.run("12:20")

    assert sum(total.total.requests for total in world.usage.hours.values()) == 1


def test_two_tenants_of_a_final_hour_can_be_erased() -> None:
    world = Erasable()
    other = an_evidence("b-1", metadata={"tenantId": "bo@example.com"})
    closed(world, mine(), other)
    world.hours.seal(TEN)
    world.erase()
    for now in ("12:20", "13:20", "14:20"):
        world.run(now)

    assert world.erase("bo@example.com", proposed="erased-2") == "erased-2"


def test_evidence_that_a_final_hour_was_closed_from_stays() -> None:
    world = World()
    world.ingest("other", an_evidence("r-0"))
    world.run("10:20")
    # A late object of a far hour: its reading dies after the evidence, the hour is closed again.
    row, world.hours.row = world.hours.row, dies  # type: ignore[method-assign]
    late = a_log_object("late", "14")
    with pytest.raises(Died):
        world.ingest("late", an_evidence("r-1"), log_object=late, now="14:05")
    world.hours.row = row  # type: ignore[method-assign]
    world.hours.ask(NINE)
    world.run("15:20")
    assert world.closed("acme", NINE) == 2 * CALL
    world.hours.seal(TEN)  # `data up to` is far beyond 10

    world.ingest("late", an_evidence("r-1"), log_object=late, now="15:30")

    counted = len([1 for file in world.evidence.files(NINE) for _ in world.evidence.read(file)])
    assert SEALED_HOUR not in rejected(world) or world.closed("acme", NINE) == CALL
    assert counted == 2


def test_a_worker_with_an_old_plan_leaves_a_final_hour_alone() -> None:
    world = World()
    world.ingest("one", an_evidence())
    plan = world.plan("10:20")
    for day, due in plan.days:
        world.close_day(day, due, "10:20", hold=plan.hold)
    world.hours.seal(TEN)
    before = world.hours.row(NINE)
    for day, due in plan.days:  # the machine tries the same payload again
        world.close_day(day, due, "10:40", hold=plan.hold)

    assert world.hours.row(NINE) == before


@pytest.mark.parametrize("last", ["put", "put_empty"])
def test_a_reading_anew_that_died_is_finished_before_its_hour_becomes_final(last: str) -> None:
    """A newer release moves a call to the next hour: half of it would count the call twice."""
    world = World()
    world.ingest("one", an_evidence("r-1", "09:30:00"))
    world.run("11:20")
    moved = an_evidence("r-1", "10:30:00")
    setattr(world.evidence, last, dies)
    with pytest.raises(Died):
        world.ingest("one", moved, version=2, is_live=False, now="11:30")
    delattr(world.evidence, last)
    world.hours.begin_sealing(TEN, at("11:40"))
    for now in ("12:20", "18:20"):
        world.run(now)
    assert not world.hours.progress().is_sealed(NINE)

    [announced] = world.queue.announced
    world.ingest("one", moved, version=2, log_object=announced, now="18:30")
    for now in ("19:20", "20:20"):
        world.run(now)

    assert world.hours.progress().is_sealed(NINE)
    assert (world.closed("acme", NINE), world.closed("acme", TEN)) == (0, CALL)


def test_a_late_reading_of_what_was_given_up_is_quarantined_where_hours_are_final() -> None:
    """The empty file that giving up has left keeps nothing."""
    world = World()
    with_row, world.hours.row = world.hours.row, dies  # type: ignore[method-assign]
    with pytest.raises(Died):
        world.ingest("one", an_evidence("r-1"))
    world.hours.row = with_row  # type: ignore[method-assign]
    set_aside(a_log_object("one"), "damaged", now=at("10:30"), stores=world.ingest_stores())
    world.run("11:20")
    world.hours.seal(TEN)

    report = world.ingest("one", an_evidence("r-1"), now="11:30")

    assert report.rejects == {SEALED_HOUR: 1}
    assert rejected(world) == {SEALED_HOUR}


def test_an_object_whose_giving_up_died_half_way_keeps_its_hours_open() -> None:
    world = World()
    world.ingest("other", an_evidence("r-0"))
    world.run("11:20")
    row, world.hours.row = world.hours.row, dies  # type: ignore[method-assign]
    with pytest.raises(Died):
        world.ingest("one", an_evidence("r-1"), now="11:25")
    world.hours.row = row  # type: ignore[method-assign]
    world.evidence.put_empty = dies  # type: ignore[method-assign]
    with pytest.raises(Died):
        set_aside(a_log_object("one"), "damaged", now=at("11:30"), stores=world.ingest_stores())
    del world.evidence.put_empty
    world.hours.begin_sealing(TEN, at("11:40"))
    world.run("12:20")
    assert not world.hours.progress().is_sealed(NINE)

    set_aside(a_log_object("one"), "damaged", now=at("12:30"), stores=world.ingest_stores())
    for now in ("13:20", "14:20"):
        world.run(now)

    assert world.hours.progress().is_sealed(NINE)
    assert world.closed("acme", NINE) == CALL


def test_hours_become_final_only_while_few_enough_log_objects_wait(monkeypatch: Any) -> None:
    monkeypatch.setattr(plan_hours, "MOST_UNFINISHED", 0)
    world = World()
    world.ingest("one", an_evidence())
    world.run("11:20")
    world.hours.begin_sealing(TEN, at("11:40"))
    waiting = [read_anew(world.manifests.manifests[a_log_object("one").object_id], at("12:15"))]
    world.waits.wait(waiting)
    world.run("12:20")
    assert not world.hours.progress().is_sealed(NINE)

    world.run("13:20")

    assert world.hours.progress().is_sealed(NINE)


def test_hours_are_planned_though_nobody_can_tell_whether_older_ones_may_become_final() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run("11:20")
    world.hours.begin_sealing(TEN, at("11:40"))
    world.waits.waiting = dies

    assert world.run("12:20") == [ELEVEN]
    assert not world.hours.progress().is_sealed(NINE)
