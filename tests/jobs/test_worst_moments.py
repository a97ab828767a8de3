"""What random histories found: what happens between two calls of a worker, and nothing is lost.

A worker is made to stop before one of its calls, and the rest of the world goes on meanwhile.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.builders import NINE, an_evidence
from tests.jobs.world import World


class Died(Exception):
    """A worker's life is over."""


def dies(*_: Any) -> None:
    raise Died


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
