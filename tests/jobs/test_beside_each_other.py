"""Workers beside each other: erasing beside a close, a worker that is tried again, what is gone."""

from threading import Event, Thread
from typing import Any

import pytest

from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs.erase_tenant import CannotErase
from bedrock_meter.ports import EvidenceFile
from tests.builders import NINE, a_log_object, an_evidence, at
from tests.jobs.test_erase_tenant import ME, NEW, Erasable, closed, mine
from tests.jobs.test_rebuild_totals import rebuilt
from tests.jobs.world import World

TEN = Hour("2026-11-21T10")
CALL = 1_500_000 * 10**9


class Died(Exception):
    """A worker is gone."""


def test_erasing_never_writes_an_older_reading_over_a_newer_one() -> None:
    world = closed(Erasable(), mine())
    read = world.evidence.read
    twice = mine(usage={"input_tokens": 2000, "output_tokens": 200})

    def replayed_meanwhile(file: EvidenceFile) -> Any:
        found = list(read(file))
        world.evidence.read = read  # type: ignore[method-assign]
        world.ingest("one", twice, an_evidence("r-1"), version=2, is_live=False, now="11:59")
        return iter(found)

    world.evidence.read = replayed_meanwhile  # type: ignore[method-assign]
    world.erase()
    world.run("12:20")

    usage = [one.usage for file in world.evidence.files(NINE) for one in world.evidence.read(file)]
    assert {"input_tokens": 2000, "output_tokens": 200} in usage  # what version 2 reads


def test_a_close_that_runs_beside_an_erasing_brings_no_name_back() -> None:
    world = closed(Erasable(), mine())
    begin, put_hours = world.names.begin, world.usage.put_hours
    reached, erased = Event(), Event()

    def after_the_erasing(hour: Hour, *args: Any) -> None:
        if hour == NINE:  # new hours, which are empty, are closed before it
            reached.set()
            erased.wait(10)
        put_hours(hour, *args)

    def closing_meanwhile(*args: Any) -> Any:
        """The erasing has looked whether all is closed; a late object comes, and the hourly run."""
        late = a_log_object("late", "11")
        world.ingest("late", an_evidence("r-9"), log_object=late, now="11:58")
        world.usage.put_hours = after_the_erasing  # type: ignore[method-assign]
        worker.start()
        reached.wait(10)
        return begin(*args)

    worker = Thread(target=lambda: world.run("12:20"))
    world.names.begin = closing_meanwhile  # type: ignore[method-assign]
    with pytest.raises(CannotErase, match="waits to be closed"):
        world.erase()
    erased.set()
    worker.join()
    world.usage.put_hours = put_hours  # type: ignore[method-assign]
    world.names.begin = begin  # type: ignore[method-assign]
    assert world.erase(now=at("13:00")) == NEW
    for now in ("13:20", "14:20", "15:20"):
        world.run(now)

    months = {name: one.total.requests for (name, _), one in world.usage.months.items()}
    assert (rebuilt(world).differences, rebuilt(world).waiting) == ((), ())
    assert sum(months.values()) == 3, months  # three calls were made
    assert ME not in months


def test_a_worker_that_is_tried_again_does_not_close_what_it_published() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.ingest("two", an_evidence("r-2", "10:30:00"), log_object=a_log_object("two", "10"))
    plan = world.plan("11:20")
    close = world.close_hour

    def throttled(hour: Hour, now: str = "11:20") -> Any:
        if hour == TEN:
            raise Died  # a ClientError: the machine tries the same payload three times more
        return close(hour, now)

    world.close_hour = throttled  # type: ignore[method-assign]
    for now in ("11:20", "11:21", "11:22", "11:23"):
        for day, due in plan.days:
            with pytest.raises(Died):
                world.close_day(day, due, now, hold=plan.hold)

    assert len([1 for hour, _ in world.closings.closings if hour == NINE]) == 1


def test_a_published_closing_that_is_gone_is_not_taken_for_an_empty_hour() -> None:
    world = World()
    world.ingest("one", an_evidence())
    world.run("11:20")
    world.closings.closings.clear()  # deleted by hand, or by a lifecycle rule
    world.hours.ask(NINE)
    world.run("12:20")

    corrections = world.closings.corrections(NINE, world.hours.row(NINE).published)
    assert sum(one.new.cost - one.old.cost for one in corrections) == 0
