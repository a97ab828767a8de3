"""What may leave a backlog behind, and within how many runs it has to be gone."""

from collections.abc import Callable
from typing import NamedTuple

from bedrock_meter.domain.time.hours import Hour, hour_after, hour_of, hours_between
from simulate.bulk_stores import middle_of
from simulate.bulk_world import BulkWorld
from simulate.intake import FAILING, STOPPED, UP

RATES = (200, 1_000, 1_500, 3_000)
"""Log objects an hour."""
LESS = RATES[:-1]
"""For troubles that take long to play."""

type Trouble = Callable[[BulkWorld], set[Hour]]
"""Lets trouble happen and end; returns the hours that stay due because they cannot be closed."""


class BacklogCase(NamedTuple):
    """Some trouble, and the invariant: `most_runs` after it, everything is closed.

    `days` were closed before. `lost_percent` of announcements get lost, and `deaths_percent` of
    invocations die, all the time; `data up to` may then stay so many hours `behind`. `rates` are
    those at which it is played.
    """

    name: str
    trouble: Trouble
    most_runs: int
    days: int = 1
    lost_percent: int = 0
    deaths_percent: int = 0
    behind: int = 0
    rates: tuple[int, ...] = RATES


def pause(world: BulkWorld) -> set[Hour]:
    """Nothing runs for 11 hours."""
    world.machine.is_paused = True
    world.run_for(11)
    world.machine.is_paused = False
    return set()


def repriced(world: BulkWorld) -> set[Hour]:
    """An operator decides on a price book for all the days before."""
    for hour in hours_between(world.first, hour_of(world.time.now())):
        world.hours.ask(hour)
    return set()


def failing_ingest(world: BulkWorld) -> set[Hour]:
    """The ingest fails for 60 hours: messages die, and only the wait list knows their objects."""
    return _outage(world, FAILING)


def stopped_ingest(world: BulkWorld) -> set[Hour]:
    """The ingest is stopped for 60 hours: messages pile up."""
    return _outage(world, STOPPED)


def _outage(world: BulkWorld, state: str) -> set[Hour]:
    world.intake.state = state
    world.run_for(60)
    world.intake.state = UP
    return set()


def nothing_at_all(world: BulkWorld) -> set[Hour]:
    """The ingest fails for 60 hours and nothing runs: only the listing knows the objects."""
    world.machine.is_paused = True
    _outage(world, FAILING)
    world.machine.is_paused = False
    return set()


def lost_evidence(world: BulkWorld) -> set[Hour]:
    """The past is priced again; a file that the published close of an hour contained is lost."""
    hour = hour_after(world.first, 9)
    world.evidence.lost.add(world.evidence.files(hour)[0][:2])
    repriced(world)
    # The hours beside it read only the edges of its evidence; the lost file is in the first one.
    return {hour, hour_after(hour, -1)}


def giant_hour(world: BulkWorld) -> set[Hour]:
    """Nothing runs for 11 hours, and one of them takes longer than any worker may run."""
    giant = hour_after(hour_of(world.time.now()), 3)
    world.evidence.large[middle_of(giant)] = 3_000_000 // world.objects
    pause(world)
    return {giant}


def deadly_hour(world: BulkWorld) -> set[Hour]:
    """Nothing runs for 11 hours, and one of them takes more memory than any worker has."""
    deadly = hour_after(hour_of(world.time.now()), 3)
    world.evidence.deadly.add(middle_of(deadly))
    pause(world)
    return {deadly}


def dead_letter(world: BulkWorld) -> set[Hour]:
    """A log object cannot be metered; after 30 hours an operator gives it up."""
    world.intake.spoil_next()
    world.run_for(30)
    for log_object in world.intake.spoiled.values():
        world.set_aside(log_object)
    return set()


CASES = (
    BacklogCase("nothing runs for 11 hours", pause, 2),
    BacklogCase("30 days are priced again", repriced, 6, days=30),
    BacklogCase("the ingest fails for 60 hours", failing_ingest, 8, rates=LESS),
    BacklogCase("the ingest is stopped for 60 hours", stopped_ingest, 3, rates=LESS),
    BacklogCase("both fail for 60 hours", nothing_at_all, 8),
    BacklogCase("1 of 10 workers dies, 30 days priced again", repriced, 10, 30, 0, 10, rates=LESS),
    # An object whose second announcement is lost, too, waits six hours for the third.
    BacklogCase("1 % of announcements get lost", pause, 8, lost_percent=1, behind=8),
    BacklogCase("a file of evidence is lost", lost_evidence, 2, days=3),
    BacklogCase("an hour takes longer than any worker lives", giant_hour, 3),
    BacklogCase("an hour takes more memory than any worker has", deadly_hour, 3),
    BacklogCase("a log object cannot be metered, and is given up", dead_letter, 2),
)
