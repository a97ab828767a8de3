"""The sweep: what `data up to` never passes, and that it always ends."""

from datetime import timedelta
from typing import Any

import pytest

from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs.plan_hours import HourPlan, plan_hours
from bedrock_meter.jobs.sweep_logs import LogStores, Remaining
from tests.builders import a_key, an_evidence, at
from tests.jobs.world import GRACE, PLENTY, World

ELEVEN = Hour("2026-11-21T11")


class Died(Exception):
    """A worker is gone."""


def dies(*_args: Any, **_more: Any) -> Any:
    raise Died


def planned(world: World, now: str, left: Remaining) -> HourPlan:
    return plan_hours(
        now=at(now),
        grace=GRACE,
        keep_open=None,
        remaining=left,
        evidence=world.evidence,
        hours=world.hours,
        stores=LogStores(world.logs, world.manifests, world.live, world.waits, world.queue),
    )


def test_data_up_to_never_passes_a_folder_that_was_empty_when_it_was_still_to_come() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run("10:20")  # counts the folders of 11 and 12 too: 0 objects each
    # No run until 20:20. Meanwhile an object is delivered at 11, and its event is lost.
    world.logs.objects[a_key("lost", "11", "11:30:00")] = b"delivered"
    times = iter([PLENTY, timedelta(seconds=59)])

    plan = planned(world, "20:20", lambda: next(times, timedelta(seconds=59)))
    for day, due in plan.days:
        world.close_day(day, due, "20:20", hold=plan.hold)

    up_to = world.hours.progress().data_up_to
    assert up_to is not None
    assert up_to <= Hour("2026-11-21T10"), plan.hold


class OutOfTime(Exception):
    """The function was killed at its time-out."""


def test_a_folder_with_more_missing_objects_than_a_plan_has_time_for_is_passed_in_the_end() -> None:
    world = World()
    world.run("10:20")
    for number in range(13_000):  # an outage of the ingest, at 13,000 log objects an hour
        folder = a_key("x", "10").rsplit("/", 1)[0]
        key = f"{folder}/20261121T103000000Z_{number:016x}.json.gz"
        world.logs.objects[key] = b"delivered"
    used = [timedelta()]
    read = world.manifests.read

    def slow(object_id: str) -> Any:
        used[0] += timedelta(milliseconds=25)  # one GET that answers 404
        if used[0] > timedelta(seconds=300):
            raise OutOfTime
        return read(object_id)

    world.manifests.read = slow  # type: ignore[method-assign]
    for now in ("11:20", "12:20", "13:20", "14:20"):
        used[0] = timedelta()
        try:
            planned(world, now, lambda: timedelta(seconds=300) - used[0])
        except OutOfTime:
            continue

    assert world.waits.objects  # something was put on the list in four runs


def test_what_waits_to_be_read_anew_leaves_the_list_when_its_hour_becomes_final() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run("11:20")
    put, world.manifests.put = world.manifests.put, dies  # type: ignore[method-assign]
    with pytest.raises(Died):  # after the copy, before the manifest
        world.ingest("one", an_evidence(), is_live=False, now="11:30")
    world.manifests.put = put  # type: ignore[method-assign]
    world.hours.seal(ELEVEN)

    for now in ("18:20", "2026-11-22T02:20", "2026-11-22T09:20"):
        world.plan(now)
        for item in world.queue.announced:
            world.ingest("one", an_evidence(), log_object=item, now=now)
        announced = len(world.queue.announced)
        world.queue.announced.clear()
    assert world.waits.waiting() == []
    assert announced == 0
