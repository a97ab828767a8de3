"""What walking through every order of a few workers found: the shortest way to each damage."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.builders import a_log_object, an_evidence
from tests.jobs.world import World

ID = a_log_object("one").object_id


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


def test_other_bytes_that_come_too_late_leave_nothing_waiting() -> None:
    world = World()
    world.ingest("one", an_evidence())
    dead(world.manifests, "put", lambda: world.ingest("one", an_evidence(), is_live=False))

    world.ingest("one", an_evidence(), content="other bytes")

    assert world.waits.waiting() == []
    assert world.live.copy_of(ID) == world.manifests.read(ID).manifest


def test_a_copy_never_speaks_of_a_reading_that_did_not_begin() -> None:
    world = World()
    world.ingest("one", an_evidence())

    dead(world.manifests, "put", lambda: world.ingest("one", an_evidence(), is_live=False))

    assert world.live.copy_of(ID) == world.manifests.read(ID).manifest
