"""The hourly state machine: plan, then days side by side, each closed and published; with retries.

A worker that fails or dies is started again a few times. Where the machine loses patience, the
worker it gave up is still at work.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from simulate.baton import Task
from simulate.workers import Workers

_TRIES = 3


class Director(Protocol):
    """Who starts tasks, and says when they are over."""

    workers: Workers

    def now(self) -> datetime: ...

    def start(
        self,
        name: str,
        work: Callable[[], Any],
        over: Callable[[Task], None],
        since: int | None = None,
    ) -> None: ...


class Run:
    """One execution of the machine; `is_over` when nothing more will come of it."""

    def __init__(self, director: Director, number: int) -> None:
        self._director = director
        self._name = f"run{number}"
        self._open_days = 0
        self._since: int | None = None
        self.is_over = False

    def begin(self) -> None:
        """Plan."""
        self._step("plan", lambda now: self._director.workers.plan(now), self._planned)

    def _planned(self, plan: Any) -> None:
        days = plan.days if plan else ()
        self._open_days = len(days)
        self.is_over = not days
        for day, hours in days:
            self._step(
                f"close {day}",
                lambda now, day=day, hours=hours: self._director.workers.close_day(
                    day, hours, plan.hold, now
                ),
                self._closed,
            )

    def _closed(self, _: Any) -> None:
        self._open_days -= 1
        self.is_over = not self._open_days

    def _step(
        self, name: str, work: Callable[[datetime], Callable[[], Any]], then: Callable[[Any], None]
    ) -> None:
        """Run a state until it succeeds; `then` is given None when it never does."""
        tries = 0

        def attempt() -> None:
            nonlocal tries
            tries += 1
            now = self._director.now() + timedelta(seconds=tries)
            self._director.start(f"{self._name} {name}", work(now), over, self._since)

        def over(task: Task) -> None:
            if task.is_done and task.error is None:
                self._since = task.since
                then(task.result)
            elif tries < _TRIES:
                attempt()
            else:
                then(None)

        attempt()
