"""After a backlog: `data up to` catches up within a stated number of runs, whatever was left.

The shipped jobs under the shipped state machine, in virtual time (docs/simulation.md, "After a
backlog").
"""

import time
from functools import cache
from typing import NamedTuple
from unittest.mock import patch

from bedrock_meter.domain.records import waiting
from bedrock_meter.domain.records.log_object import log_object_of
from bedrock_meter.domain.time.hours import Hour, hour_after, hour_of, hours_between
from simulate.backlog_cases import BacklogCase
from simulate.bulk_world import GRACE, HOUR_SECONDS, BulkWorld
from simulate.hourly_machine import RunReport

MOST_HOURS = 48
"""How long a case is given, in hours, before it counts as not recovered."""
BEFORE, AFTER = 3, 3
"""Hours without trouble before it and after the recovery."""


class BacklogResult(NamedTuple):
    """How a case went: runs until everything was closed (None: never), hours, what is wrong.

    `hours` counts from the end of the trouble, in virtual time; `seconds` are processor time.
    """

    name: str
    objects: int
    runs: int | None
    hours: float
    wrong: str
    seconds: float


def play(case: BacklogCase, objects: int) -> BacklogResult:
    """Let the trouble happen and check whether its invariant holds."""
    # The keys of 100,000 waiting objects are parsed again by every plan: here they are cached.
    with patch.object(waiting, "log_object_of", cache(log_object_of)):
        return _play(case, objects)


def _play(case: BacklogCase, objects: int) -> BacklogResult:
    begun = time.process_time()
    world = BulkWorld(
        objects, case.days, lost_percent=case.lost_percent, deaths_percent=case.deaths_percent
    )
    world.begin()
    world.run_for(BEFORE)
    watch = RecoveryWatch(world, case.trouble(world), case.behind)
    while watch.needed is None and watch.hours() < MOST_HOURS:
        world.run_for(1)
    runs, hours = watch.needed, watch.hours_needed
    if runs is not None:
        world.run_for(AFTER)
    wrong = watch.violation(case.most_runs)
    world.time.close()
    return BacklogResult(case.name, objects, runs, hours, wrong, time.process_time() - begun)


class RecoveryWatch:
    """Checks after every run whether everything is closed, from the end of the trouble on.

    `exempt` are hours that cannot be closed: nothing else may wait for them. `data up to` may be so
    many hours `behind`.
    """

    def __init__(self, world: BulkWorld, exempt: set[Hour], behind: int = 0) -> None:
        self.needed: int | None = None
        self.hours_needed = 0.0
        self._world, self._exempt, self._behind = world, exempt, behind
        self._since = world.time.seconds
        self._first_run = len(world.machine.runs)
        self._backlog_ends = hour_of(world.time.now())
        self._ends: list[bool] = []
        world.machine.ended = self._look

    def hours(self) -> float:
        """Return how long ago the trouble ended."""
        return (self._world.time.seconds - self._since) / HOUR_SECONDS

    def _look(self, run: RunReport) -> None:
        self._ends.append(self.is_closed(run))
        if self.needed is None and self._ends[-1]:
            self.needed = len(self._world.machine.runs) - self._first_run
            self.hours_needed = self.hours()

    def is_closed(self, run: RunReport) -> bool:
        """Return whether `data up to` is where this run's plan wanted it, without a backlog."""
        hours = self._world.hours
        progress = hours.progress()
        last = hour_after(hour_of(run.planned_at - GRACE), -self._behind)
        assert progress.data_up_to
        behind = set(hours_between(progress.data_up_to, last))
        is_held = bool(behind & self._exempt)
        missing = {hour for hour in behind if not progress.is_published(hour)}
        due = {hour for hour in hours.due() if hour < min(last, self._backlog_ends)}
        return (is_held or not behind) and missing | due <= self._exempt

    def violation(self, most_runs: int) -> str:
        """Return what is wrong in the end, empty if nothing is."""
        if self.needed is None:
            return f"not closed within {MOST_HOURS} hours"
        if self.needed > most_runs:
            return f"{self.needed} runs, where {most_runs} are allowed"
        if not any(self._ends[-AFTER:]):  # the last run alone may have died
            return f"closed once, and behind again in the {AFTER} hours after"
        longest = max(run.seconds.get("PlanHours", 0) for run in self._world.machine.runs)
        if longest >= self._world.machine.planner.seconds:
            return "a plan ran out of time"
        return self._wrong_totals()

    def _wrong_totals(self) -> str:
        """Compare the totals of every closed hour with its evidence."""
        world = self._world
        data_up_to = world.hours.progress().data_up_to
        assert data_up_to
        for hour in hours_between(world.first, hour_after(data_up_to, -1)):
            if hour in self._exempt:
                continue
            said, there = world.usage.requests_in(hour), world.evidence.calls(hour)
            if said != there or world.rollups.calls.get(hour, (0, 0))[1] != there:
                return f"{hour}: {said} calls in the totals, {there} in the evidence"
        return ""
