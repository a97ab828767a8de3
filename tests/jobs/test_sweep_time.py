"""A sweep has so much time: whatever waits, it ends in time, and the next one goes on."""

from datetime import timedelta

import pytest

from bedrock_meter.domain.records.waiting import ANNOUNCED_FOR
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs import sweep_logs as sweeping
from bedrock_meter.jobs.sweep_logs import LogStores, Sweep, sweep_logs
from tests.builders import a_key, an_evidence, at
from tests.jobs.world import World

ELEVEN = at("11:20")
SECOND = timedelta(seconds=1)


class Clock:
    """A worker with 300 seconds, of which every call of these stores costs one or more."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 300 * SECOND
        self._slow(world.manifests, "read", SECOND, monkeypatch)
        self._slow(world.queue, "announce", 10 * SECOND, monkeypatch)

    def _slow(self, store, name, cost, monkeypatch) -> None:
        method = getattr(store, name)

        def slowly(*args):
            self.left -= cost
            assert self.left > timedelta(), "the worker was killed"
            return method(*args)

        monkeypatch.setattr(store, name, slowly)

    def remaining(self) -> timedelta:
        return self.left


def a_world(objects: int) -> World:
    """Metering has begun at nine; so many log objects were delivered at ten, and nobody came."""
    world = World()
    world.ingest("one", an_evidence())
    world.plan("10:20")
    for number in range(objects):
        world.logs.objects[a_key(f"{number:04d}", "10")] = b"delivered"
    return world


def sweep(world: World, monkeypatch: pytest.MonkeyPatch, now=ELEVEN) -> Sweep:
    with monkeypatch.context() as patch:
        clock = Clock(world, patch)
        stores = LogStores(world.logs, world.manifests, world.live, world.waits, world.queue)
        return sweep_logs(Hour("2026-11-21T09"), now=now, left=clock.remaining, stores=stores)


def test_a_folder_too_large_for_one_sweep_is_finished_by_the_next(monkeypatch) -> None:
    monkeypatch.setattr(sweeping, "_TOGETHER", 20)
    world = a_world(500)

    first = sweep(world, monkeypatch)
    assert 0 < first.announced < 500
    assert first.hold <= "2026-11-21T09"

    sweeps = 1
    while len(world.waits.objects) < 500:
        assert sweep(world, monkeypatch).hold <= "2026-11-21T09"
        sweeps += 1

    assert sweeps <= 5
    assert len(world.queue.announced) == len(set(world.queue.announced)) == 500


def test_what_there_was_no_time_to_announce_again_is_announced_by_the_next_sweeps(
    monkeypatch,
) -> None:
    world = a_world(500)
    sweep_logs(
        Hour("2026-11-21T09"),
        now=ELEVEN,
        left=lambda: 300 * SECOND,
        stores=LogStores(world.logs, world.manifests, world.live, world.waits, world.queue),
    )
    world.queue.announced.clear()
    monkeypatch.setattr(sweeping, "_TOGETHER", 20)
    later = ELEVEN + ANNOUNCED_FOR

    told = [sweep(world, monkeypatch, later).announced for _ in range(5)]

    assert 0 < told[0] < 500
    assert sum(told) == 500
    assert len(world.queue.announced) == len(set(world.queue.announced)) == 500


def test_new_folders_are_looked_at_however_much_has_to_be_announced_again(monkeypatch) -> None:
    world = a_world(500)
    sweep_logs(
        Hour("2026-11-21T09"),
        now=ELEVEN,
        left=lambda: 300 * SECOND,
        stores=LogStores(world.logs, world.manifests, world.live, world.waits, world.queue),
    )
    monkeypatch.setattr(sweeping, "_TOGETHER", 20)
    world.logs.objects[a_key("new", "16")] = b"delivered"

    sweep(world, monkeypatch, ELEVEN + ANNOUNCED_FOR)

    assert any(one.key == a_key("new", "16") for one in world.waits.waiting())


def test_a_sweep_that_dies_before_it_noted_what_it_announced_announces_it_once_more(
    monkeypatch,
) -> None:
    world = a_world(1)

    class Killed(BaseException):
        """Its time is over."""

    def dies(_objects) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(world.waits, "wait", dies)
        with pytest.raises(Killed):
            sweep(world, monkeypatch)
    sweep(world, monkeypatch)

    assert len(world.queue.announced) == 2
