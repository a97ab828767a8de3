"""One history: a scene played on real jobs, watched at every step, and judged in the end."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bedrock_meter.domain import waiting
from bedrock_meter.domain.erasure import CannotErase
from bedrock_meter.domain.errors import Contended, LogObjectGone
from bedrock_meter.domain.hours import Hour, hour_after, hour_of_part, start_of
from bedrock_meter.jobs import close_day, plan_hours, sweep_logs
from bedrock_meter.jobs.set_aside import CannotSetAside
from bedrock_meter.ports import EvidenceFile
from simulate.agenda import Agenda
from simulate.baton import FOREVER, Killed, OutOfMemory, Stage, Task
from simulate.complaints import complaints
from simulate.doubt import outcomes
from simulate.eraser import pseudonym_of
from simulate.facts import UNKNOWN, Attempt, Erasure, Facts, Giving
from simulate.laws import Laws
from simulate.machine import Run
from simulate.oracle import Read
from simulate.patching import patched
from simulate.plot import scene_of
from simulate.post import Post
from simulate.reader import Reader
from simulate.settled import differences
from simulate.wire import CALM, Failure
from simulate.workers import Workers
from simulate.world import World

CONSTANTS = {
    "looked_back": (sweep_logs, "LOOKED_BACK"),
    "announced_for": (waiting, "ANNOUNCED_FOR"),
    "most_days": (plan_hours, "MOST_DAYS"),
    "gathered": (close_day, "GATHERED"),
    "most_gathered": (close_day, "MOST_GATHERED"),
}
"""Constants of the jobs that a scene may set to other values."""

_MOST_CALLS = 100_000
_MOST_RUNS = 40
_PATIENCE = 12
_CLOCKS_OFF = 180_000
_HOUR = timedelta(hours=1)
_MILLISECOND = timedelta(milliseconds=1)

type Over = Callable[[Task], None]
type Make = Callable[[datetime], Callable[[], Any]]


class History:
    """A seed, played. `play` answers what is wrong, nothing if all is well."""

    expected: tuple[type[BaseException], ...] = (
        Failure,
        Killed,
        Contended,
        LogObjectGone,
        CannotSetAside,
        CannotErase,
    )
    """What a task may raise: whoever started it starts it again."""

    def __init__(self, seed: int, make_world: Callable[..., World] = World) -> None:
        self.random = Random(seed)
        self.stage = Stage()
        self.scene = scene_of(self.random)
        self.world = make_world(self.random, self.stage, self._watch)
        self.world.wire.later = self.later
        self.facts = Facts()
        self.laws = Laws(self.world, self.facts)
        self.workers = Workers(self.world, self._each)
        self.ms = 0
        self.wrong: list[str] = []
        self.trace: Callable[[str], None] | None = None
        self.is_calm = False
        self.lost_records = 0
        self.versions = (1,)
        self.post = Post(self)
        self._agenda = Agenda()
        self._desk: deque[Callable[[], None]] = deque()
        self._tasks: list[Task] = []
        self._runs = 0

    @property
    def clock(self) -> datetime:
        """The time that it is."""
        return self.scene.begin + self.ms * _MILLISECOND

    def play(self) -> list[str]:
        """Play the scene to its end, let the dust settle, and judge."""
        constants = self.scene.constants
        with patched(*((*CONSTANTS[name], value) for name, value in constants.items())):
            self.world.wire.set(self.scene.dials)
            for event in self.scene.events:
                at = (event.at - self.scene.begin) // _MILLISECOND
                self._agenda.note(max(0, at), lambda event=event: self._happen(event))
            self._go_on()
            self._calm_down()
            self._settle()
            if not self.wrong:
                self.wrong += differences(self)
        for task in self._tasks:
            self.stage.kill(task)
        return self.wrong

    def later(self, after: int, act: Callable[[], None]) -> None:
        """Have something done in so many milliseconds."""
        self._agenda.note(self.ms + after, act)

    def start(
        self,
        name: str,
        make: Make,
        over: Over,
        life: int = FOREVER,
        since: int | None = None,
        room: int | None = None,
    ) -> None:
        """Begin a task; `over` is told when it is done, or when its caller has no more patience.

        `make` is told what its clock shows, which is up to three minutes off. `life` is how long it
        lives at most, `room` what it can hold. What it knows is not older than call number `since`,
        if that is known.
        """
        random = self.random
        off = random.randrange(-_CLOCKS_OFF, _CLOCKS_OFF) * _MILLISECOND
        task = Task(name, make(self.clock + off), self.ms)
        task.since = self.laws.now if since is None else since
        task.deadline = min(self.ms + life, FOREVER)
        task.room = FOREVER if room is None or self.is_calm else room
        told = [over]
        if not self.is_calm:
            self._disturb(task, told)
        self._tasks.append(task)
        self._agenda.note(self.ms, lambda: self._resume(task, told))

    def _disturb(self, task: Task, told: list[Over]) -> None:
        """Draw whether a worker stalls in the middle, and whether its caller gives it up."""
        random, scene = self.random, self.scene
        if scene.stalls in task.name and random.random() < scene.stalling:
            task.stalls_at = random.randrange(1, random.choice((5, 12, 40)))
            task.stall = random.choice((20_000, 200_000, 700_000, 5_000_000))
        if task.name.startswith("run") and random.random() < scene.impatient:
            self.later(random.choice((1_000, 60_000, 900_000)), lambda: self._give_up(task, told))

    def _give_up(self, task: Task, told: list[Over]) -> None:
        if not task.is_done and told:
            self.note(f"the machine gives up on {task.name}")
            told.pop()(task)

    def _resume(self, task: Task, told: list[Over]) -> None:
        self.stage.until = self._agenda.next_at()
        self.stage.resume(task)
        if not task.is_done:
            self._agenda.note(task.at, lambda: self._resume(task, told))
            return
        self.ms = max(self.ms, task.at)
        self._tasks.remove(task)
        if task.error is not None:
            self.note(f"{task.name}: {task.error!r}")
            if not isinstance(task.error, self.expected):
                self.wrong.append(f"{task.name} raised {task.error!r}")
        if told:
            told.pop()(task)

    def _go_on(self) -> None:
        """Let everything happen that is going to, in the order of time."""
        while self._agenda and not self.wrong:
            self.ms, act = self._agenda.pop()
            act()
            self.post.collect()

    def _calm_down(self) -> None:
        """Nothing fails any more, only the latest release is left, and dead letters are seen to."""
        self.is_calm = True
        self.world.wire.set(CALM._replace(call_ms=self.scene.calm_ms, torn=self.scene.dials.torn))
        self.versions = self.versions[-1:]
        for key, until in self.scene.poisoned.items():
            if until is not None:
                self.scene.poisoned[key] = self.scene.begin
        self.post.redrive()
        self._go_on()
        for message in self.post.dead_letters:
            self.give_up(message.key)
        self._go_on()

    def _settle(self) -> None:
        """Run once an hour until nothing is due, at least twice; give up what is gone for good."""
        runs = 0
        while not self.wrong and (self._is_due() or runs < 2):
            self.ms += _HOUR // _MILLISECOND
            self.run()
            self._go_on()
            for key in sorted(self._lost(runs)):
                self.give_up(key)
            for tenant in sorted(self.facts.unfinished()):
                self.erase(tenant)
            self._go_on()
            runs += 1
            if runs > _MOST_RUNS:
                self.wrong.append(f"not settled after {_MOST_RUNS} runs")
        if self.laws.begun:
            swept = hour_after(Hour(self.laws.begun), -1)
            early = {key for key in self.facts.arrived if self._delivered(key) < swept}
            self.facts.out_of_reach |= early

    def _is_due(self) -> bool:
        raw = self.world.raw
        rows = raw["hours"].kept.values()
        unsettled = [
            one for one in raw["manifests"].manifests.values() if not one.settled and not one.aside
        ]
        is_due = any(row.is_due() for row in rows)
        is_waiting = bool(raw["waits"].objects) or bool(self.facts.unfinished())
        return is_due or bool(unsettled) or is_waiting

    def _lost(self, runs: int) -> set[str]:
        """Name the log objects that wait, and that nobody will ever be able to read.

        Of those that have other bytes by now, an operator sees after a while that they are refused.
        """
        never = self.facts.replaced if runs > _PATIENCE else set[str]()
        never |= {key for key, until in self.scene.poisoned.items() if until is None}
        manifests = self.world.raw["manifests"].manifests.values()
        waiting = {one.key for one in self.world.raw["waits"].objects.values()}
        waiting |= {one.key for one in manifests if not one.settled and not one.aside}
        return waiting & (never | self.facts.gone)

    def _delivered(self, key: str) -> str:
        return str(self.world.log_object(key).delivered)

    def _each(self, work: Callable[[Any], Any], names: Iterable[Any]) -> list[Any]:
        """Do something for each tenant in any order; answer in theirs."""
        order = list(names)
        done = dict.fromkeys(order)
        self.random.shuffle(order)
        for name in order:
            done[name] = work(name)
        return list(done.values())

    def _happen(self, event: Any) -> None:
        if event.what != "arrive":
            self.note(f"{event.what} {event.args}")
        getattr(self, event.what)(*event.args)

    def arrive(self, key: str, body: bytes) -> None:
        """A log object is there."""
        self.note(f"arrive {key[-60:]}")
        self.world.raw["logs"].objects[key] = body
        self.facts.arrive(key, body, self.laws.now)
        delivered = Hour(self._delivered(key))
        if self.clock >= start_of(delivered) + sweep_logs.LOOKED_BACK - _CLOCKS_OFF * _MILLISECOND:
            self.facts.out_of_reach.add(key)

    def vanish(self, key: str) -> None:
        """A log object is deleted."""
        self.world.raw["logs"].objects.pop(key, None)
        self.facts.gone.add(key)

    def announce(self, key: str, is_live: bool) -> None:
        """A log object is announced to the ingest."""
        self.post.announce(key, is_live)

    def ingest(self, key: str, is_live: bool, over: Over) -> None:
        """A log object is metered, by one of the releases that are out."""
        version = self.random.choice(self.versions)
        attempt = Attempt(key, version, is_live, self.laws.now)
        self.facts.attempts[key].append(attempt)

        def make(now: datetime) -> Callable[[], Any]:
            return self.workers.ingest(key, is_live, version, now, saw)

        def saw(body: bytes) -> None:
            attempt.saw(body)
            if self._is_poisoned(key):
                raise OutOfMemory

        def ended(task: Task) -> None:
            attempt.end(self.laws.now, is_well=task.error is None)
            over(task)

        name = f"ingest {key[-15:-8]} v{version}"
        self.start(name, make, ended, self.scene.lives.ingest)

    def _is_poisoned(self, key: str) -> bool:
        until = self.scene.poisoned.get(key, self.scene.begin)
        return until is None or self.clock < until

    def overwrite(self, key: str, body: bytes) -> None:
        """Somebody puts other bytes under the key of a log object."""
        if key in self.world.raw["logs"].objects:
            self.world.raw["logs"].objects[key] = body
            self.facts.replaced.add(key)

    def give_up(self, key: str) -> None:
        """An operator gives a log object up; where it is being metered, nothing comes of it."""
        giving = Giving(key, self.laws.now)
        self.facts.givings[key].append(giving)

        def over(task: Task) -> None:
            giving.end(self.laws.now, is_well=task.error is None)

        self.start(f"give up {key[-15:-8]}", lambda now: self.workers.set_aside(key, now), over)

    def redrive(self) -> None:
        """An operator puts the dead letters back into the queue."""
        self.post.redrive()

    def run(self) -> None:
        """The hourly state machine begins."""
        run = Run(self, self._runs)
        self._runs += 1
        run.begin()

    def deploy(self) -> None:
        """A release with a newer reading is out; older workers linger."""
        self.versions = (1, 2)

    def retire(self) -> None:
        """The last older worker is gone."""
        self.versions = (2,)

    def decide(self, decided: Any) -> None:
        """An operator decides on a policy, and repeats it until it succeeds."""
        work = self.workers.decide(decided)

        def over(task: Task) -> None:
            if task.error is not None:
                self.start("decide", lambda _: work, over)
            else:
                self._leave_the_desk()

        def begin() -> None:
            self.facts.decided.append((self.laws.now, decided))
            self.start("decide", lambda _: work, over)

        self._operate(begin)

    def erase(self, tenant: str, tries: int = 3) -> None:
        """An operator erases a tenant, and tries again later where that is refused, or fails."""

        def begin() -> None:
            erasure = Erasure(tenant, pseudonym_of(tenant), self.laws.now)
            self.facts.erasures.append(erasure)

            def over(task: Task) -> None:
                erasure.end(self.laws.now, is_well=task.error is None)
                if task.error is not None and tries > 1 and not self.is_calm:
                    self.later(_HOUR // _MILLISECOND, lambda: self.erase(tenant, tries - 1))
                self._leave_the_desk()

            self.start(f"erase {tenant}", lambda now: self.workers.erase(tenant, now), over)

        self._operate(begin)

    def _operate(self, begin: Callable[[], None]) -> None:
        """Let an operator do something; what rewrites decisions is done one after the other."""
        self._desk.append(begin)
        if len(self._desk) == 1:
            begin()

    def _leave_the_desk(self) -> None:
        self._desk.popleft()
        if self._desk:
            self._desk[0]()

    def read(self, tenant: str) -> None:
        """Somebody reads a tenant's spend."""
        readers: list[Reader] = []

        def make(now: datetime) -> Callable[[], None]:
            readers.append(Reader(self, tenant, now))
            return readers[0].work

        def over(task: Task) -> None:
            is_erased = any(one.tenant == tenant for one in self.facts.erasures)
            if task.error is None and not is_erased:
                self.wrong += readers[0].judged()

        self.start(f"read {tenant}", make, over)

    def expire(self, kind: str) -> None:
        """Some items of a kind end by their time to live."""
        live, pulses = self.world.raw["live"], self.world.raw["usage"].pulses
        if kind == "retired":
            self.world.raw["closings"].expire_retired()
            return
        items = pulses if kind == "pulses" else getattr(live, kind)
        for name in [name for name in items if self.random.random() < 0.5]:
            del items[name]
            if kind != "copies":
                self.laws.expired(name)
                self.laws.ended.add(_hour_in(name))

    def end_evidence(self) -> None:
        """Evidence of hours that have long been final ends."""
        raw = self.world.raw
        sealed = raw["hours"].state.sealed
        for part, object_id in list(raw["evidence"].kept) if sealed else ():
            hour = hour_of_part(part)
            if hour < hour_after(sealed, -2) and not raw["hours"].row(hour).is_due():
                file = EvidenceFile(part, object_id)
                self.facts.ended += sum(1 for _ in raw["evidence"].read(file))
                del raw["evidence"].kept[part, object_id]

    def _watch(self, store: str, method: str, args: tuple[Any, ...], answer: Any) -> None:
        broken = self.laws.after(store, method, args, answer)
        if broken:
            task = self.stage.current
            self.wrong.append(f"{broken} (after {store}.{method} by {task.name if task else ''})")
        if self.world.wire.calls > _MOST_CALLS:
            self.wrong.append("no end in sight")
            raise Killed

    def outcomes(self) -> Iterator[Mapping[str, Read]]:
        """Give all that may have become of the log objects."""
        return outcomes(self.facts)

    def decided(self, hour: str, before: int = 0) -> list[Any]:
        """Give the decisions made before a call, for a final hour those made before it was."""
        return self.facts.decided_for(hour, before or UNKNOWN)

    def ended(self) -> int:
        """Count the records whose evidence has come to its end."""
        return self.facts.ended

    def complaints(self, chosen: Mapping[str, Read]) -> Iterator[str]:
        """Say what else is wrong, if that became of the log objects."""
        return complaints(self.world, self.facts, chosen)

    def note(self, text: str) -> None:
        """Add a line to the trace, if there is one."""
        if self.trace:
            self.trace(f"{self.clock:%d %H:%M:%S}  {text}")


def _hour_in(name: Any) -> str:
    """Give the hour of a partial, a board or a pulse by its key."""
    if isinstance(name, str):
        return name[:13]
    return str(next(part for part in name if part and part[:2] == "20"))[:13]
