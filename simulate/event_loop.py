"""The event loop in virtual time: the task whose next call is earliest goes on."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bedrock_meter.domain.records.errors import Contended, LogObjectGone
from bedrock_meter.domain.totals.erasure import CannotErase
from bedrock_meter.jobs.set_aside import CannotSetAside
from simulate.facts import HistoryFacts
from simulate.fault_rates import ServiceFailure
from simulate.invariants import Invariants
from simulate.scenario import Scenario
from simulate.scheduler import FOREVER, Killed, Scheduler, Task
from simulate.timeline import Timeline
from simulate.workers import Workers
from simulate.world import World

_CLOCKS_OFF = 180_000
CLOCKS_OFF = timedelta(milliseconds=_CLOCKS_OFF)
"""How far a worker's clock may be off."""
MILLISECOND = timedelta(milliseconds=1)

type OnEnd = Callable[[Task], None]
type Make = Callable[[datetime], Callable[[], Any]]


class EventLoop:
    """Starts tasks and runs actions at their time. `ms` is the current time.

    A history adds the world that its parts work on: its queues deliver what the `handlers` of
    events handle, and these put something into `queues`.
    """

    world: World
    facts: HistoryFacts
    invariants: Invariants
    workers: Workers
    queues: Any
    handlers: Any
    lost_records: int

    expected: tuple[type[BaseException], ...] = (
        ServiceFailure, Killed, Contended, LogObjectGone, CannotSetAside, CannotErase,
    )  # fmt: skip
    """What a task may raise: it is started again then."""

    def __init__(self, random: Random, scenario: Scenario) -> None:
        self.random = random
        self.scenario = scenario
        self.scheduler = Scheduler()
        self.ms = 0
        self.wrong: list[str] = []
        self.trace: Callable[[str], None] | None = None
        self.is_calm = False
        self._timeline = Timeline()
        self._tasks: list[Task] = []

    @property
    def clock(self) -> datetime:
        """The current time."""
        return self.scenario.begin + self.ms * MILLISECOND

    def calls(self) -> int:
        """Count the calls of all tasks so far."""
        raise NotImplementedError

    def collect(self) -> None:
        """Collect what tasks have sent."""
        raise NotImplementedError

    def note(self, text: str) -> None:
        """Add a line to the trace, if there is one."""
        if self.trace:
            self.trace(f"{self.clock:%d %H:%M:%S}  {text}")

    def at(self, time: datetime, act: Callable[[], None]) -> None:
        """Run an action at a time."""
        self._timeline.note(max(0, (time - self.scenario.begin) // MILLISECOND), act)

    def later(self, after: int, act: Callable[[], None]) -> None:
        """Run an action in `after` milliseconds."""
        self._timeline.note(self.ms + after, act)

    def start(
        self,
        name: str,
        make: Make,
        over: OnEnd,
        life: int = FOREVER,
        since: int | None = None,
        room: tuple[int, int] | None = None,
    ) -> None:
        """Begin a task; `over` is called when it is done, or when its caller gives it up.

        `make` gets the time that its clock shows, which is up to three minutes off. `life` is its
        time-out, `room` what it can hold in memory. What it knows is not older than call number
        `since`, if that is known.
        """
        off = self.random.randrange(-_CLOCKS_OFF, _CLOCKS_OFF) * MILLISECOND
        task = Task(name, make(self.clock + off), self.ms)
        task.since = self.calls() if since is None else since
        task.deadline = min(self.ms + life, FOREVER)
        if room and not self.is_calm:
            task.room = room
        on_end = [over]
        if not self.is_calm:
            self._disturb(task, on_end)
        self._tasks.append(task)
        self._timeline.note(self.ms, lambda: self._resume(task, on_end))

    def go_on(self) -> None:
        """Run all actions that are due, in the order of time."""
        while self._timeline and not self.wrong:
            self.ms, act = self._timeline.pop()
            act()
            self.collect()

    def end(self) -> None:
        """Kill the tasks that are still at work."""
        for task in self._tasks:
            self.scheduler.kill(task)

    def each(self, work: Callable[[Any], Any], names: Iterable[Any]) -> list[Any]:
        """Do the work for each tenant in a random order; return the results in the given order."""
        order = list(names)
        done = dict.fromkeys(order)
        self.random.shuffle(order)
        for name in order:
            done[name] = work(name)
        return list(done.values())

    def _disturb(self, task: Task, on_end: list[OnEnd]) -> None:
        """Draw whether a worker stalls in the middle, and whether its caller gives it up."""
        random, scenario = self.random, self.scenario
        if scenario.stalls in task.name and random.random() < scenario.stalling:
            task.stalls_at = random.randrange(1, random.choice((5, 12, 40)))
            if scenario.stalls_before:
                task.stalls_at, task.stalls_before = 0, scenario.stalls_before
            task.stall = random.choice(scenario.stall_ms)
        if task.name.startswith("run") and random.random() < scenario.impatient:
            self.later(random.choice(scenario.patience_ms), lambda: self._give_up(task, on_end))

    def _give_up(self, task: Task, on_end: list[OnEnd]) -> None:
        if not task.is_done and on_end:
            self.note(f"the machine gives up on {task.name}")
            on_end.pop()(task)

    def _resume(self, task: Task, on_end: list[OnEnd]) -> None:
        self.scheduler.until = self._timeline.next_at()
        self.scheduler.resume(task)
        if not task.is_done:
            self._timeline.note(task.at, lambda: self._resume(task, on_end))
            return
        self.ms = max(self.ms, task.at)
        self._tasks.remove(task)
        if task.error is not None:
            self.note(f"{task.name}: {task.error!r}")
            if not isinstance(task.error, self.expected):
                self.wrong.append(f"{task.name} raised {task.error!r}")
        if on_end:
            on_end.pop()(task)
