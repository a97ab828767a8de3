"""One history: a scene played on real jobs, watched at every step, and judged in the end."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bedrock_meter.domain.errors import Contended
from bedrock_meter.domain.hours import hour_of_slot
from simulate.baton import STALLED, Killed, Stage, Task
from simulate.laws import Laws
from simulate.machine import Run
from simulate.plot import scene_of
from simulate.post import Post
from simulate.reader import Reader
from simulate.scene import Event
from simulate.settled import differences
from simulate.wire import CALM, Failure
from simulate.workers import Workers
from simulate.world import World

_MOST_CALLS = 60_000
_MOST_RUNS = 40
_MOST_TASKS = 8


class History:
    """A seed, played. `play` answers what is wrong, nothing if all is well."""

    expected: tuple[type[BaseException], ...] = (Failure, Killed, Contended)
    """What a task may raise: whoever started it starts it again."""

    def __init__(self, seed: int, make_world: Callable[..., World] = World) -> None:
        self.random = Random(seed)
        self.stage = Stage()
        self.scene = scene_of(self.random)
        self.world = make_world(self.random, self.stage, self._watch)
        self.laws = Laws(self.world)
        self.workers = Workers(self.world)
        self.clock = self.scene.begin
        self.wrong: list[str] = []
        self.trace: Callable[[str], None] | None = None
        self.is_calm = False
        self.lost_records = 0
        self._tasks: list[tuple[Task, Callable[[Task], None]]] = []
        self.versions = (1,)
        self.post = Post(self)
        self._events: deque[Event] = deque(self.scene.events)
        self._runs: list[Run] = []

    def play(self) -> list[str]:
        """Play the scene to its end, let the dust settle, and judge."""
        self.world.wire.dials = self.scene.dials
        while (self._events or self._is_astir()) and not self.wrong:
            self._move()
        self._calm_down()
        while self._is_busy() and not self.wrong:
            self._move()
        runs = 0
        while not self.wrong and (self._is_due() or runs < 2):
            self.clock += timedelta(hours=1)
            self.run()
            while self._is_busy() and not self.wrong:
                self._move()
            runs += 1
            if runs > _MOST_RUNS:
                self.wrong.append(f"not settled after {_MOST_RUNS} runs")
        if not self.wrong:
            self.wrong += differences(self)
        for task, _ in self._tasks:
            self.stage.kill(task)
        return self.wrong

    def now(self) -> datetime:
        """What a worker's clock shows: up to three minutes off."""
        self.clock += timedelta(seconds=self.random.randrange(20))
        return self.clock + timedelta(seconds=self.random.randrange(-180, 180))

    def start(
        self,
        name: str,
        work: Callable[[], Any],
        over: Callable[[Task], None],
        since: int | None = None,
    ) -> None:
        """Begin a task; `over` is told when it is done, or when its caller has no more patience.

        What it knows is not older than call number `since`, if that is known.
        """
        task = Task(name, work, self.world.wire.dials.switch)
        task.since = self.laws.now if since is None else since
        if not self.is_calm and self.scene.stalls in name:
            task.stalls_at = self._call_to_stall_at()
        self._tasks.append((task, over))

    def _call_to_stall_at(self) -> int:
        """Draw one of the first calls of a worker; 0 where it does not stall."""
        if self.random.random() >= self.scene.stalling:
            return 0
        return self.random.randrange(1, self.random.choice((5, 12, 40)))

    def _calm_down(self) -> None:
        """Nothing fails any more, and only the latest release is left."""
        self.is_calm = True
        for task, _ in self._tasks:
            task.pace, task.stalls_at = 1.0, 0
        dials = self.scene.dials
        self.world.wire.dials = CALM._replace(switch=min(0.1, dials.switch), torn=dials.torn)
        self.versions = self.versions[-1:]

    def _is_astir(self) -> bool:
        """Tell whether anything goes on beside workers that stall."""
        return self.post.is_waiting() or any(task.pace > STALLED for task, _ in self._tasks)

    def _is_busy(self) -> bool:
        return bool(self._tasks) or self.post.is_waiting()

    def _is_due(self) -> bool:
        raw = self.world.raw
        rows = raw["hours"].kept.values()
        unsettled = [one for one in raw["manifests"].manifests.values() if not one.settled]
        return any(row.is_due() for row in rows) or bool(unsettled) or bool(raw["waits"].objects)

    def _move(self) -> None:
        """Let one thing go on, or one begin."""
        random = self.random
        waiting = self.post.is_waiting()
        paces = [task.pace for task, _ in self._tasks]
        readiness = sum(paces) + waiting
        if self._events and random.random() < max(self.scene.haste, 1.0 - readiness):
            self._happen(self._events.popleft())
        elif waiting and (not self._tasks or (len(paces) < _MOST_TASKS and random.random() < 0.3)):
            self.post.deliver()
        elif self._tasks:
            self._resume(random.choices(range(len(paces)), paces)[0])

    def _resume(self, index: int) -> None:
        task, over = self._tasks[index]
        impatient = not self.is_calm and task.name.startswith("run")
        if impatient and task.is_begun and self.random.random() < self.scene.impatient:
            self.note(f"the machine gives up on {task.name}")
            self._tasks[index] = (task, lambda _: None)
            over(task)
            return
        self.stage.resume(task)
        if not task.is_done:
            return
        self._tasks.pop(index)
        if task.error is not None:
            self.note(f"{task.name}: {task.error!r}")
            if not isinstance(task.error, self.expected):
                self.wrong.append(f"{task.name} raised {task.error!r}")
        over(task)

    def _happen(self, event: Event) -> None:
        self.clock = max(self.clock, event.at)
        if event.what != "arrive":
            self.note(f"{event.what} {event.args}")
        getattr(self, event.what)(*event.args)

    def arrive(self, key: str, body: bytes) -> None:
        """A log object is there."""
        self.note(f"arrive {key[-60:]}")
        self.world.raw["logs"].objects[key] = body
        self.laws.arrived(key)

    def announce(self, key: str, is_live: bool) -> None:
        """A log object is announced to the ingest."""
        self.post.announce(key, is_live)

    def overwrite(self, key: str, body: bytes) -> None:
        """Somebody puts other bytes under the key of a log object that was metered."""
        known = self.world.raw["manifests"].manifests.get(self.world.log_object(key).object_id)
        if known and known.settled and not any(key[-15:-8] in task.name for task, _ in self._tasks):
            self.laws.overwritten(key, self.world.raw["logs"].objects[key], body)
            self.world.raw["logs"].objects[key] = body

    def run(self) -> None:
        """The hourly state machine begins."""
        run = Run(self, len(self._runs))
        self._runs.append(run)
        run.begin()

    def deploy(self) -> None:
        """A release with a newer reading is out; older workers linger."""
        self.versions = (1, 2)

    def retire(self) -> None:
        """The last older worker is gone."""
        self.versions = (2,)

    def decide(self, decided: Any) -> None:
        """An operator decides on a policy, and repeats it until it succeeds."""

        def over(task: Task) -> None:
            if task.error is not None:
                self.start("decide", self.workers.decide(decided), over)

        self.laws.decided.append(decided)
        self.start("decide", self.workers.decide(decided), over)

    def read(self, tenant: str) -> None:
        """Somebody reads a tenant's spend."""
        reader = Reader(self, tenant)

        def over(task: Task) -> None:
            if task.error is None:
                self.wrong += reader.judged()

        self.start(f"read {tenant}", reader.work, over)

    def expire(self) -> None:
        """Partials, boards and pulses of hours that are published end by their time to live."""
        rows, live = self.world.raw["hours"].kept, self.world.raw["live"]
        self.world.raw["closings"].expire_retired()
        old = {hour for hour, row in rows.items() if row.published and not row.is_due()}
        self.laws.ended |= old
        for key in [key for key in live.partials if hour_of_slot(key[0]) in old]:
            del live.partials[key]
        for slot in [slot for slot in live.boards if hour_of_slot(slot) in old]:
            del live.boards[slot]
            self.laws.expired(slot)
        pulses = self.world.raw["usage"].pulses
        for name in [name for name in pulses if name[1] in old]:
            del pulses[name]
            self.laws.expired(name)

    def _watch(self, store: str, method: str, args: tuple[Any, ...], answer: Any) -> None:
        broken = self.laws.after(store, method, args, answer)
        if broken:
            self.wrong.append(f"{broken} (after {store}.{method} by {self.stage.current.name})")
        if self.world.wire.calls > _MOST_CALLS:
            self.wrong.append("no end in sight")
            raise Killed

    def note(self, text: str) -> None:
        """Add a line to the trace, if there is one."""
        if self.trace:
            self.trace(f"{self.clock:%d %H:%M:%S}  {text}")
