"""A scheduler of workers that take turns: threads of which one runs at a time.

Time is virtual, in milliseconds. Every call that a worker makes takes some of it, and the worker
whose next call is earliest goes on.
"""

from _thread import LockType, allocate_lock, start_new_thread
from collections.abc import Callable
from datetime import timedelta
from typing import Any

FOREVER = 1 << 60
"""Later than anything that happens."""


class Killed(BaseException):
    """The worker died: nothing that it would have done afterwards happens."""


class OutOfTime(Killed):
    """The worker's time-out was reached."""


class OutOfMemory(Killed):
    """The worker held more than it has memory for."""


def taken_lock() -> LockType:
    """Return a lock that is taken already."""
    lock = allocate_lock()
    lock.acquire()
    return lock


class Task:
    """One run of a job. `error` is what it raised, a `Killed` when it died.

    `at` is when it makes its next call, or ends; at `deadline` its life is over. `held` counts the
    records of one hour and the totals of all hours that it has in memory, `room` how many of each
    it can hold. Its call number `stalls_at`, or its first call `stalls_before`, takes `stall`
    longer. What it knows of the world is not older than the call number `since`, of all that were
    ever made.
    """

    def __init__(self, name: str, work: Callable[[], Any], at: int = 0) -> None:
        self.name = name
        self.work = work
        self.at = at
        self.deadline = FOREVER
        self.room = (FOREVER, FOREVER)
        self.held = [0, 0]
        self.calls = 0
        self.since = 0
        self.stalls_at = self.stall = 0
        self.stalls_before = ""
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_begun = self.is_done = self.is_doomed = False
        self.turn = taken_lock()

    def run(self) -> None:
        try:
            self.result = self.work()
        except BaseException as error:  # noqa: BLE001
            self.error = error
        self.is_done = True


class _Runner:
    """A thread that runs one task after the other; starting threads costs more than switching."""

    idle: list["_Runner"] = []  # noqa: RUF012

    def __init__(self) -> None:
        self._ready = taken_lock()
        self._task: Task | None = None
        self._scheduler: Scheduler | None = None
        start_new_thread(self._loop, ())

    def begin(self, task: Task, scheduler: "Scheduler") -> None:
        self._task, self._scheduler = task, scheduler
        self._ready.release()

    def _loop(self) -> None:
        while True:
            self._ready.acquire()
            task, scheduler = self._task, self._scheduler
            assert task is not None
            assert scheduler is not None
            task.run()
            self._task = self._scheduler = None
            self.idle.append(self)
            scheduler.turn.release()


class Scheduler:
    """Lets tasks take turns. `current` is the one that runs, None while the event loop does.

    It goes on while its next call comes before `until`, when another one is due.
    """

    def __init__(self) -> None:
        self.turn = taken_lock()
        self.current: Task | None = None
        self.until = 0

    def remaining(self) -> timedelta:
        """Return how long the current task still has until its time-out."""
        assert self.current is not None
        return timedelta(milliseconds=self.current.deadline - self.current.at)

    def resume(self, task: Task) -> None:
        """Let a task run until it pauses or ends."""
        self.current = task
        if task.is_begun:
            task.turn.release()
        else:
            task.is_begun = True
            runner = _Runner.idle.pop() if _Runner.idle else _Runner()
            runner.begin(task, self)
        self.turn.acquire()
        self.current = None

    def pause(self) -> None:
        """Let the event loop go on; called by the task that runs."""
        task = self.current
        assert task is not None
        self.turn.release()
        task.turn.acquire()
        if task.is_doomed:
            raise Killed

    def kill(self, task: Task) -> None:
        """Let a task die before its next call."""
        task.is_doomed = True
        while task.is_begun and not task.is_done:
            self.resume(task)
