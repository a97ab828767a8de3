"""The hourly state machine: plan, days side by side, months, publish; with its retries.

A worker that fails or dies is started again a few times. Where the machine loses patience, the
worker it gave up is still at work.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from bedrock_meter.domain.hour_row import Mark
from bedrock_meter.domain.hours import Hour
from simulate.baton import Task
from simulate.workers import Workers

_TRIES = 3


class Director(Protocol):
    """Who starts tasks, and says when they are over."""

    workers: Workers

    def now(self) -> datetime: ...

    def start(self, name: str, work: Callable[[], Any], over: Callable[[Task], None]) -> None: ...


class Run:
    """One execution of the machine; `is_over` when nothing more will come of it."""

    def __init__(self, director: Director, number: int) -> None:
        self._director = director
        self._name = f"run{number}"
        self._marks: list[Mark] = []
        self._open_days = 0
        self._hold: Hour | None = None
        self.is_over = False

    def begin(self) -> None:
        """Plan."""
        self._step("plan", lambda now: self._director.workers.plan(now), self._planned)

    def _planned(self, plan: Any) -> None:
        if plan is None:
            self.is_over = True
            return
        self._hold = plan.hold
        self._open_days = len(plan.days)
        for day, hours in plan.days:
            self._step(
                f"close {day}",
                lambda now, day=day, hours=hours: self._director.workers.close_day(day, hours, now),
                self._closed,
            )
        if not plan.days:
            self.is_over = True

    def _closed(self, closed: Any) -> None:
        self._marks += closed.marks if closed else ()
        self._open_days -= 1
        if self._open_days:
            return
        if not self._marks:
            self.is_over = True
            return
        hours = [mark.hour for mark in self._marks]
        self._step("months", lambda _: self._director.workers.close_months(hours), self._summed)

    def _summed(self, months: Any) -> None:
        if months is None:
            self.is_over = True
            return
        marks = tuple(self._marks)
        self._step(
            "finish",
            lambda now: self._director.workers.finish(marks, self._hold, now),
            self._finished,
        )

    def _finished(self, _: Any) -> None:
        self.is_over = True

    def _step(
        self, name: str, work: Callable[[datetime], Callable[[], Any]], then: Callable[[Any], None]
    ) -> None:
        """Run a state until it succeeds; `then` is given None when it never does."""
        tries = 0

        def attempt() -> None:
            nonlocal tries
            tries += 1
            now = self._director.now() + timedelta(seconds=tries)
            self._director.start(f"{self._name} {name}", work(now), over)

        def over(task: Task) -> None:
            if task.is_done and task.error is None:
                then(task.result)
            elif tries < _TRIES:
                attempt()
            else:
                then(None)

        attempt()
