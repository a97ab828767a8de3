"""A draw of interleavings: several workers step by step, then everything comes to rest.

Each worker is a thread that stops at every call of a store until the scheduler lets it go on.
"""

import hashlib
import os
import random
from threading import Condition, Thread
from typing import Any

import pytest

from bedrock_meter.domain.records.errors import MeterError
from tests.builders import NINE, a_log_object, an_evidence
from tests.jobs.test_erase_tenant import ME, NEW, Erasable, mine
from tests.jobs.test_rebuild_totals import rebuilt

CALL = 1_500_000 * 10**9
SEEDS = int(os.environ.get("SEEDS", "150"))
STORES = ("evidence", "manifests", "hours", "live", "usage", "closings", "waits", "names")


class Died(Exception):
    """A worker is gone, without a word."""


class Stepper:
    """Lets one thread at a time make one call."""

    def __init__(self, seed: int) -> None:
        self.turn = Condition()
        self.random = random.Random(seed)
        self.waiting: dict[Any, bool] = {}
        self.order: list[int] = []
        self.steps = 0
        self.deaths = False

    def stop(self, me: Any) -> None:
        if self.deaths and self.random.random() < 0.01:
            raise Died
        with self.turn:
            self.waiting[me] = False
            self.turn.notify_all()
            self.turn.wait_for(lambda: self.waiting[me])

    def run(self, works: list[Any]) -> None:
        alive: set[int] = set()
        done: set[int] = set()

        def worker(number: int, work: Any) -> None:
            import threading

            threading.current_thread().number = number  # type: ignore[attr-defined]
            try:
                self.stop(number)
                work()
            except (MeterError, Died):
                pass
            with self.turn:
                done.add(number)
                self.waiting.pop(number, None)
                self.turn.notify_all()

        for number, work in enumerate(works):
            alive.add(number)
            Thread(target=worker, args=(number, work), daemon=True).start()
        self.order = self.random.sample(sorted(alive), len(alive))
        while True:
            with self.turn:
                ok = self.turn.wait_for(
                    lambda: all(n in done or self.waiting.get(n) is False for n in alive),
                    10,
                )
                assert ok
                ready = sorted(n for n in alive if n not in done)
                if not ready:
                    return
                self.steps += 1
                if self.random.random() < 0.06:  # few switches, at any place
                    self.order = self.random.sample(sorted(alive), len(alive))
                self.waiting[next(n for n in self.order if n in ready)] = True
                self.turn.notify_all()


class Stopping:
    """A store that stops before each of its calls."""

    def __init__(self, store: Any, stepper: Stepper) -> None:
        self.__dict__.update(_store=store, _stepper=stepper)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def call(*args: Any, **more: Any) -> Any:
            import threading

            number = getattr(threading.current_thread(), "number", None)
            if number is not None:
                self._stepper.stop(number)
            answer = found(*args, **more)
            return iter(list(answer)) if hasattr(answer, "__next__") else answer

        return call


def a_world(seed: int) -> tuple[Erasable, Stepper]:
    world = Erasable()
    world.ingest("one", mine(1), an_evidence("r-1"))
    world.ingest("two", an_evidence("r-2", "09:50:00"))
    world.run("11:20")
    world.hours.ask(NINE)
    stepper = Stepper(seed)
    for name in STORES:
        if name != "names":
            setattr(world, name, Stopping(getattr(world, name), stepper))
    return world, stepper


@pytest.mark.parametrize("seed", range(SEEDS))
def test_ingests_replays_and_two_closers_leave_what_the_log_says(seed: int) -> None:
    world, stepper = a_world(seed)
    late = a_log_object("late", "11")
    twin = an_evidence("r-2", "10:05:00", usage={"input_tokens": 2000, "output_tokens": 100})
    moved = (mine(1, "10:30:00"), an_evidence("r-1"))
    stepper.run(
        [
            lambda: world.ingest("late", twin, log_object=late, now="11:30"),
            lambda: world.ingest("one", *moved, version=2, is_live=False, now="11:31"),
            lambda: world.run("11:40"),
            lambda: world.close_day("2026-11-21", [NINE, "2026-11-21T10"], "11:41"),
        ]
    )
    for _ in range(2):  # what a queue delivers again, and the next runs
        world.ingest("late", twin, log_object=late, now="13:00")
        world.ingest("one", *moved, version=2, is_live=False, now="13:01")
    for now in ("13:20", "14:20"):
        world.run(now)

    hours = {
        key: one.total.requests for key, one in world.usage.hours.items() if one.total.requests
    }
    ten = "2026-11-21T10"
    assert hours == {(ME, ten): 1, ("acme", NINE): 1, ("acme", ten): 1}
    assert world.usage.months["acme", "2026-11"].total.requests == 2
    assert world.usage.months[ME, "2026-11"].total.requests == 1
    found = rebuilt(world)
    assert (found.differences, found.waiting) == ((), ())


@pytest.mark.parametrize("seed", range(SEEDS))
def test_an_erasing_among_others_counts_each_call_once(seed: int) -> None:
    world, stepper = a_world(seed)
    world.run("11:25")
    late = a_log_object("late", "11")
    erased: list[str] = []
    stepper.run(
        [
            lambda: world.ingest("late", an_evidence("r-9"), log_object=late, now="11:58"),
            lambda: world.run("12:20"),
            lambda: erased.append(world.erase()),
        ]
    )
    for now in ("13:20", "14:20", "15:20"):
        world.run(now)

    months = {name: one.total.requests for (name, _), one in world.usage.months.items()}
    assert sum(months.values()) == 4, (months, erased)
    if erased:
        assert months.get(ME, 0) == 0
        assert months[NEW] == 1


@pytest.mark.parametrize("seed", range(SEEDS))
def test_deaths_take_overs_and_two_plans_leave_what_the_log_says(seed: int) -> None:
    world, stepper = a_world(seed)
    stepper.deaths = True
    late, fresh = a_log_object("late", "11"), a_log_object("fresh", "10")
    twin = an_evidence("r-2", "10:05:00", usage={"input_tokens": 2000, "output_tokens": 100})
    moved = (mine(1, "10:30:00"), an_evidence("r-1"))
    first = (an_evidence("f-1", "09:59:00"), an_evidence("f-2", "10:31:00"))
    last = (an_evidence("f-3", "10:58:00"),)
    both: dict[str, Any] = {"log_object": fresh}

    def all_of_it(minute: int) -> list[Any]:
        now = f"11:{minute}"
        return [
            lambda: world.ingest("late", twin, log_object=late, now=now),
            lambda: world.ingest("one", *moved, version=2, is_live=False, now=now),
            lambda: world.ingest("one", mine(1), an_evidence("r-1"), now=now),
            lambda: world.ingest("fresh", *last, content="last", now=now, **both),
            lambda: world.run(now),
            lambda: world.run(now),
        ]

    stepper.run(
        [
            *all_of_it(30),
            lambda: world.ingest("fresh", *first, content="first", now="11:30", **both),
        ]
    )
    stepper.run(all_of_it(50))
    stepper.deaths = False
    for hour in (13, 14, 15):
        for again in (all_of_it(59)[n] for n in (0, 1, 3)):
            again()
        world.run(f"{hour}:20")
    world.fold("16:00")

    ten = "2026-11-21T10"
    hours = {
        key: one.total.requests for key, one in world.usage.hours.items() if one.total.requests
    }
    fresh_one = world.manifests.read(fresh.object_id).manifest
    is_last = fresh_one.digest.startswith(hashlib.sha256(b"last").hexdigest())
    expected = {(ME, ten): 1, ("acme", NINE): 1 + (not is_last), ("acme", ten): 2}
    assert hours == expected, fresh_one
    found = rebuilt(world)
    assert (found.differences, found.waiting) == ((), ())
    assert world.hours.progress().data_up_to == "2026-11-21T15"
    for hour in (NINE, ten):  # every change of a published total is an entry
        published = world.hours.row(hour).published
        entries = world.closings.corrections(hour, published)
        sums: dict[Any, int] = {}
        for one in entries:
            sums[one.tenant] = sums.get(one.tenant, 0) + one.new.cost - one.old.cost
        for name in sums:
            before = {(ME, NINE): CALL, ("acme", NINE): 2 * CALL}.get((name, hour), 0)
            # r-2 of the first world is at 09:50; its larger twin is at 10:05
            assert before + sums[name] == world.closed(name, hour), (name, hour, entries)
