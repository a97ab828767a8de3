"""What random histories found: what happens between two calls of a worker, and nothing is lost.

A worker is made to stop before one of its calls, and the rest of the world goes on meanwhile.
"""

from collections.abc import Callable
from typing import Any

import pytest

from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs.ingest import IDENTITY_CONFLICT
from bedrock_meter.jobs.keep_reading import SEALED_HOUR
from bedrock_meter.jobs.set_aside import set_aside
from tests.builders import NINE, a_log_object, an_evidence, at
from tests.jobs.world import World

TEN = Hour("2026-11-21T10")


class Died(Exception):
    """A worker's life is over."""


def dies(*_: Any) -> None:
    raise Died


def dies_after(store: Any, method: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """Let a worker die at a call once it has made another one."""
    made = []
    first = getattr(store, method)

    def note(*args: Any) -> Any:
        made.append(method)
        delattr(store, method)
        return first(*args)

    setattr(store, method, note)
    return lambda *args: dies() if made else call(*args)


def give_up(world: World, name: str, now: str = "10:30") -> None:
    """Let an operator set a log object aside."""
    set_aside(a_log_object(name), "damaged", now=at(now), stores=world.ingest_stores())


def before(store: Any, method: str, act: Callable[[], Any]) -> None:
    """Let something happen right before the next call of a method, once."""
    call = getattr(store, method)

    def delayed(*args: Any) -> Any:
        delattr(store, method)
        act()
        return call(*args)

    setattr(store, method, delayed)


def test_an_object_is_closed_though_metering_began_while_it_was_metered() -> None:
    world = World()
    before(world.evidence, "put", lambda: world.plan("11:20"))

    world.ingest("one", an_evidence())
    world.run("11:20")

    assert world.usage.hours["acme", NINE].total.requests == 1


def test_a_reading_anew_that_died_is_finished_when_a_sweep_announces_it() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.evidence.put = dies
    with pytest.raises(Died):
        world.ingest("one", an_evidence(), is_live=False)
    del world.evidence.put

    plan = world.plan("16:20")
    world.ingest("one", an_evidence())

    assert (plan.announced, plan.outstanding) == (1, 1)
    assert world.plan("17:20").outstanding == 0


def test_nothing_is_counted_of_an_object_that_is_given_up_after_a_reading_that_died() -> None:
    world = World()
    reject = Reject(a_log_object("one").object_id, 1, 0, 9, "ab" * 32, "bad_count", {})
    world.manifests.put = dies_after(world.evidence, "put", world.manifests.put)
    with pytest.raises(Died):
        world.ingest("one", an_evidence(), rejects=[reject])
    del world.manifests.put
    world.run("10:20")
    assert world.usage.hours["acme", NINE].total.requests == 1

    give_up(world, "one")
    world.run("11:20")

    assert world.usage.hours["acme", NINE].total.requests == 0
    assert [file.rejects for file in world.quarantine.files()] == [()]


def test_an_object_that_was_given_up_half_read_is_metered_whole_when_it_comes_again() -> None:
    world = World()
    world.manifests.put = dies_after(world.evidence, "put", world.manifests.put)
    with pytest.raises(Died):
        world.ingest("one", an_evidence())
    del world.manifests.put
    give_up(world, "one")

    world.ingest("one", an_evidence())
    world.run("10:20")

    assert world.usage.hours["acme", NINE].total.requests == 1
    assert list(world.manifests.not_metered()) == []


def test_a_duplicate_that_comes_after_the_hour_of_the_first_is_final_counts_nothing() -> None:
    world = World()
    world.ingest("one", an_evidence("r-1", "09:58:00"))
    world.run("10:20")
    world.hours.seal(TEN)

    late = a_log_object("two", "10", "10:01:00")
    twice = an_evidence("r-1", "10:02:00", usage={"input_tokens": 5000})
    world.ingest("two", twice, log_object=late)
    world.run("11:20")

    assert world.usage.hours["acme", NINE].total.requests == 1
    assert ("acme", TEN) not in world.usage.hours
    assert [one.reason for file in world.quarantine.files() for one in file.rejects] == [
        SEALED_HOUR
    ]


def test_the_live_lane_shows_nothing_of_an_hour_that_was_final_when_it_came() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run("10:20")
    world.hours.seal(TEN)

    world.ingest("two", an_evidence("r-2"), an_evidence("r-3", "10:30:00"))

    one, two = a_log_object("one").object_id, a_log_object("two").object_id
    assert set(world.live.partials) == {("2026-11-21T09:05", one), ("2026-11-21T10:30", two)}


def test_what_a_reading_kept_before_its_hour_was_final_is_neither_emptied_nor_refused() -> None:
    world = World()
    world.run("10:20")
    world.manifests.put = dies_after(world.evidence, "put", world.manifests.put)
    with pytest.raises(Died):
        world.ingest("one", an_evidence())
    del world.manifests.put
    world.run("11:20")
    world.hours.seal(TEN)

    world.ingest("one", an_evidence())
    world.run("12:20")

    assert world.usage.hours["acme", NINE].total.requests == 1
    assert list(world.quarantine.files()) == []


def test_other_bytes_are_refused_while_a_metered_object_is_read_anew() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.evidence.put = dies
    with pytest.raises(Died):
        world.ingest("one", an_evidence(), is_live=False)
    del world.evidence.put

    report = world.ingest("one", an_evidence("r-9"), an_evidence("r-8"), content="others")
    world.run("10:20")

    assert report.rejects == {IDENTITY_CONFLICT: 1}
    assert world.usage.hours["acme", NINE].total.requests == 1
    assert [one.key for one in world.waits.waiting()] == [a_log_object("one").key]


def test_what_an_older_reading_rejected_goes_though_the_newer_one_died_right_before() -> None:
    world = World()
    reject = Reject(a_log_object("one").object_id, 1, 0, 9, "ab" * 32, "bad_count", {})
    world.ingest("one", rejects=[reject])
    world.quarantine.put = dies
    with pytest.raises(Died):
        world.ingest("one", an_evidence(), version=2, is_live=False)
    del world.quarantine.put

    world.ingest("one", an_evidence(), version=2, is_live=False)

    assert [file.rejects for file in world.quarantine.files()] == [()]


def test_a_reading_anew_that_died_is_finished_though_an_hour_of_it_became_final() -> None:
    world = World()
    world.ingest("one", an_evidence(), an_evidence("r-2", "10:30:00"))
    world.run("11:20")
    world.evidence.put = dies
    with pytest.raises(Died):
        world.ingest("one", an_evidence(), an_evidence("r-2", "10:30:00"), is_live=False)
    del world.evidence.put
    world.hours.seal(TEN)

    world.plan("18:20")
    world.ingest("one", an_evidence(), an_evidence("r-2", "10:30:00"))
    world.run("19:20")

    assert world.waits.waiting() == []
    assert world.usage.hours["acme", NINE].total.requests == 1
    assert world.usage.hours["acme", TEN].total.requests == 1


def test_what_a_reading_had_no_time_to_keep_is_refused_once_its_hour_is_final() -> None:
    world = World()
    world.run("10:20")
    world.evidence.put = dies
    with pytest.raises(Died):
        world.ingest("one", an_evidence(), an_evidence("r-2", "10:30:00"))
    del world.evidence.put
    world.hours.seal(TEN)

    report = world.ingest("one", an_evidence(), an_evidence("r-2", "10:30:00"))

    assert report.rejects == {SEALED_HOUR: 1}


def test_an_object_that_is_metered_holds_nothing_though_its_copy_ended_and_its_log_is_gone() -> (
    None
):
    world = World()
    world.logs.objects[a_log_object("one").key] = b"delivered"
    world.plan("10:20")
    world.ingest("one", an_evidence())
    world.live.copies.clear()
    world.logs.objects.clear()

    world.run("16:20")

    assert world.waits.waiting() == []
    assert world.hours.progress().data_up_to == Hour("2026-11-21T16")


def test_a_reading_that_ends_does_not_take_the_next_one_off_the_wait_list() -> None:
    world = World()
    world.ingest("one", an_evidence())

    def another_begins_and_dies() -> None:
        world.evidence.put = dies
        with pytest.raises(Died):
            world.ingest("one", an_evidence(), version=2, is_live=False)
        del world.evidence.put

    before(world.waits, "met", another_begins_and_dies)
    world.ingest("one", an_evidence(), is_live=False)
    world.plan("16:20")

    assert [item.object_id for item in world.queue.announced] == [a_log_object("one").object_id]
