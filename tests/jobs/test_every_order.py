"""What walking through every order of a few workers found: the shortest way to each damage."""

from collections.abc import Callable
from typing import Any

import pytest

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.jobs.set_aside import set_aside
from tests.builders import NINE, a_log_object, an_evidence, at
from tests.jobs.world import World

LOG = a_log_object("one")
ID = LOG.object_id
A_REJECT = Reject(ID, 7, 100, 20, "ab" * 32, "not_json", {})


class Died(Exception):
    """A worker's life is over."""


def dies(*_: Any) -> None:
    raise Died


def dead(store: Any, method: str, work: Callable[[], Any]) -> None:
    """Let a worker die before its first call of a method."""
    setattr(store, method, dies)
    with pytest.raises(Died):
        work()
    delattr(store, method)


def give_up(world: World) -> None:
    set_aside(LOG, "its bytes are damaged", now=at("10:30"), stores=world.ingest_stores())


def test_other_bytes_that_come_too_late_leave_nothing_waiting() -> None:
    world = World()
    world.ingest("one", an_evidence())
    dead(world.manifests, "put", lambda: world.ingest("one", an_evidence(), is_live=False))

    world.ingest("one", an_evidence(), content="other bytes")
    world.plan("10:20")

    assert world.plan("11:20").outstanding == 0
    assert world.live.copy_of(ID) == world.manifests.read(ID).manifest


def test_a_copy_never_speaks_of_a_reading_that_did_not_begin() -> None:
    world = World()
    world.ingest("one", an_evidence())

    dead(world.manifests, "put", lambda: world.ingest("one", an_evidence(), is_live=False))

    assert world.live.copy_of(ID) == world.manifests.read(ID).manifest


def test_who_has_finished_takes_no_other_reading_off_the_list() -> None:
    world = World()
    world.ingest("one", an_evidence())
    keep_copy = world.live.keep_copy

    def another_dies(manifest: Manifest) -> None:
        del world.live.keep_copy
        dead(world.evidence, "put", lambda: world.ingest("one", an_evidence(), is_live=False))
        keep_copy(manifest)

    world.live.keep_copy = another_dies
    world.ingest("one", an_evidence(), is_live=False)
    assert world.plan("11:20").outstanding == 1

    assert world.plan("16:20").announced == 1
    world.ingest("one", an_evidence())
    assert world.plan("17:20").outstanding == 0


def test_what_a_reading_that_died_has_written_of_an_object_given_up_is_in_no_total() -> None:
    world = World()
    world.ingest("other", an_evidence("r-2"))
    dead(world.quarantine, "put", lambda: world.ingest("one", rejects=[A_REJECT]))
    dead(world.hours, "row", lambda: world.ingest("one", an_evidence(), rejects=[A_REJECT]))
    world.run("10:20")

    give_up(world)
    world.run("11:20")

    assert world.usage.hours["acme", NINE].total.requests == 1
    assert [found.rejects for found in world.quarantine.files()] == [()]
    assert [one.aside for one in world.manifests.not_metered()] == ["its bytes are damaged"]


def test_an_object_that_was_given_up_half_way_is_metered_whole_when_it_is_announced() -> None:
    world = World()
    dead(world.hours, "row", lambda: world.ingest("one", an_evidence(), rejects=[A_REJECT]))
    give_up(world)

    world.ingest("one", an_evidence(), rejects=[A_REJECT])
    world.run("11:20")

    assert world.usage.hours["acme", NINE].total.requests == 1
    assert [found.rejects for found in world.quarantine.files()] == [(A_REJECT,)]
    assert list(world.manifests.not_metered()) == []


def test_a_reading_at_work_on_an_object_that_is_given_up_begins_once_more() -> None:
    world = World()
    put = world.evidence.put

    def given_up_first(*args: Any) -> bool:
        del world.evidence.put
        give_up(world)
        return put(*args)

    world.evidence.put = given_up_first
    with pytest.raises(Contended):
        world.ingest("one", an_evidence())
    assert list(world.evidence.read(world.evidence.files(NINE)[0])) == []

    world.ingest("one", an_evidence())
    assert world.manifests.read(ID).manifest.settled


def test_a_reading_of_what_was_given_up_that_died_is_announced_again() -> None:
    world = World()
    world.logs.objects[LOG.key] = b"damaged"
    give_up(world)
    dead(world.hours, "row", lambda: world.ingest("one", an_evidence()))

    assert world.plan("16:20").announced == 1
    world.ingest("one", an_evidence())

    assert world.plan("17:20").outstanding == 0
    assert list(world.manifests.not_metered()) == []
