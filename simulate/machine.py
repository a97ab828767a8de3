"""The hourly state machine: plan, then days side by side, each closed and published; with retries.

A worker that fails is started again a few times. A worker that the machine gives up may still be
at work. When hours were published and others are due, the machine starts itself again.
"""

from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any

from simulate.event_loop import EventLoop, Make
from simulate.scheduler import Killed, OutOfTime, Task

_TRIES = 4
_SIDE_BY_SIDE = 4
_WAIT = 5_000


class Execution:
    """One execution of the machine."""

    def __init__(self, history: EventLoop, number: int) -> None:
        self._history = history
        self._name = f"run{number}"
        self._ends = history.ms + history.scenario.limits.machine
        self._days: deque[tuple[Any, Any]] = deque()
        self._open = self._published = 0
        self._since: int | None = None
        self._plan: Any = None
        self._is_more = False

    def begin(self) -> None:
        """Plan."""
        scheduler, workers = self._history.scheduler, self._history.workers
        scenario = self._history.scenario

        def work(now: datetime) -> Callable[[], Any]:
            return workers.plan(now, scheduler.remaining, scenario.keep_open)

        self._step("plan", work, scenario.limits.plan, self._planned)

    def _planned(self, task: Task | None) -> None:
        if task is None:
            return
        self._plan, self._since = task.result, task.since
        self._is_more = self._plan.more
        self._days.extend(self._plan.days)
        for _ in range(_SIDE_BY_SIDE):
            self._close_next()

    def _close_next(self) -> None:
        if not self._days:
            return
        day, hours = self._days.popleft()
        self._open += 1
        scheduler, workers = self._history.scheduler, self._history.workers

        def work(now: datetime) -> Callable[[], Any]:
            return workers.close_day(day, hours, self._plan.hold, now, scheduler.remaining)

        self._step(f"close {day}", work, self._history.scenario.limits.close, self._closed)

    def _closed(self, task: Task | None) -> None:
        self._open -= 1
        if task is not None:
            self._published += len(task.result.published)
            self._is_more |= bool(task.result.left)
        self._close_next()
        if not self._open and self._published and self._is_more and not self._is_late():
            self._history.handlers.run()

    def _is_late(self) -> bool:
        return self._history.ms >= self._ends

    def _step(self, name: str, work: Make, life: int, then: Callable[[Task | None], None]) -> None:
        """Run a state until it succeeds; `then` gets None if it never does."""
        history, tries = self._history, 0

        def attempt() -> None:
            nonlocal tries
            tries += 1
            lives = history.scenario.limits
            room = (lives.room, lives.totals) if name != "plan" else None
            history.start(f"{self._name} {name}", work, over, life, self._since, room)

        def over(task: Task) -> None:
            if self._is_late():
                return
            if task.is_done and task.error is None:
                then(task)
            elif tries < _TRIES and self._is_tried_again(name, task):
                history.later(history.random.randrange(_WAIT << tries), attempt)
            else:
                then(None)

        attempt()

    def _is_tried_again(self, name: str, task: Task) -> bool:
        """A plan that ran out of time is tried again, a close is not; of deaths some are."""
        if isinstance(task.error, OutOfTime):
            return name == "plan"
        return not isinstance(task.error, Killed) or self._history.random.random() < 0.5
