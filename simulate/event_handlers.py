"""Handlers of a scenario's events: log objects, releases, operators, readers."""

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from bedrock_meter.domain.time.hours import Hour, hour_after, hour_of_part, start_of
from bedrock_meter.jobs import sweep_logs
from bedrock_meter.ports import EvidenceFile
from simulate.eraser import pseudonym_of
from simulate.event_loop import CLOCKS_OFF, MILLISECOND, EventLoop, OnEnd
from simulate.facts import Attempt, Erasure, GiveUp
from simulate.machine import Execution
from simulate.scheduler import OutOfMemory, Task
from simulate.spend_reader import SpendReader

_HOUR = timedelta(hours=1) // MILLISECOND


class EventHandlers:
    """Handles the events of a scenario; each method is a kind of event.

    `versions` are those of the releases that are in use.
    """

    def __init__(self, history: EventLoop) -> None:
        self._history = history
        self._facts = history.facts
        self.versions = (1,)
        self._runs = 0
        self._operations: deque[Callable[[], None]] = deque()

    def happen(self, event: Any) -> None:
        """Handle an event."""
        if event.what != "arrive":
            self._history.note(f"{event.what} {event.args}")
        getattr(self, event.what)(*event.args)

    def arrive(self, key: str, body: bytes) -> None:
        """A log object is delivered."""
        history = self._history
        history.note(f"arrive {key[-60:]}")
        history.world.raw["logs"].objects[key] = body
        self._facts.arrive(key, body, history.calls())
        delivered = Hour(str(history.world.log_object(key).delivered))
        if history.clock >= start_of(delivered) + sweep_logs.LOOKED_BACK - CLOCKS_OFF:
            self._facts.out_of_reach.add(key)

    def vanish(self, key: str) -> None:
        """A log object is deleted."""
        self._history.world.raw["logs"].objects.pop(key, None)
        self._facts.gone.add(key)

    def overwrite(self, key: str, body: bytes) -> None:
        """A log object is overwritten with other bytes."""
        objects = self._history.world.raw["logs"].objects
        if key in objects:
            objects[key] = body
            self._facts.replaced.add(key)

    def announce(self, key: str, is_live: bool) -> None:
        """A log object is announced to the ingest."""
        self._history.queues.announce(key, is_live)

    def ingest(self, key: str, is_live: bool, over: OnEnd) -> None:
        """A log object is metered, by one of the releases in use."""
        history = self._history
        version = history.random.choice(self.versions)
        attempt = Attempt(key, version, is_live, history.calls())
        self._facts.attempts[key].append(attempt)

        def make(now: datetime) -> Callable[[], Any]:
            return history.workers.ingest(key, is_live, version, now, saw)

        def saw(body: bytes) -> None:
            attempt.saw(body)
            if self._is_poisoned(key):
                raise OutOfMemory

        def ended(task: Task) -> None:
            attempt.end(history.calls(), is_well=task.error is None)
            over(task)

        name = f"ingest {key[-15:-8]} v{version}"
        history.start(name, make, ended, history.scenario.limits.ingest)

    def _is_poisoned(self, key: str) -> bool:
        scenario = self._history.scenario
        until = scenario.poisoned.get(key, scenario.begin)
        return until is None or self._history.clock < until

    def give_up(self, key: str) -> None:
        """An operator gives a log object up; that is refused while it is being metered."""
        history = self._history
        giving = GiveUp(key, history.calls())
        self._facts.givings[key].append(giving)

        def over(task: Task) -> None:
            giving.end(history.calls(), is_well=task.error is None)

        work = history.workers.set_aside
        history.start(f"give up {key[-15:-8]}", lambda now: work(key, now), over)

    def redrive(self) -> None:
        """An operator puts the dead letters back into the queue."""
        self._history.queues.redrive()

    def run(self) -> None:
        """The hourly state machine begins."""
        run = Execution(self._history, self._runs)
        self._runs += 1
        run.begin()

    def deploy(self) -> None:
        """A release with a newer reading is deployed; older workers are still running."""
        self.versions = (1, 2)

    def retire(self) -> None:
        """The last older worker has ended."""
        self.versions = (2,)

    def decide(self, decided: Any) -> None:
        """An operator decides on a policy or a book, and repeats it until it succeeds."""
        history = self._history
        work = history.workers.decide(decided)

        def over(task: Task) -> None:
            if task.error is not None:
                history.start("decide", lambda _: work, over)
            else:
                self._next_operation()

        def begin() -> None:
            self._facts.decided.append((history.calls(), decided))
            history.start("decide", lambda _: work, over)

        self._operate(begin)

    def erase(self, tenant: str, tries: int = 3) -> None:
        """An operator erases a tenant, and tries again later if that is refused or fails."""
        history = self._history

        def begin() -> None:
            erasure = Erasure(tenant, pseudonym_of(tenant), history.calls())
            self._facts.erasures.append(erasure)

            def over(task: Task) -> None:
                erasure.end(history.calls(), is_well=task.error is None)
                if task.error is not None and tries > 1 and not history.is_calm:
                    history.later(_HOUR, lambda: self.erase(tenant, tries - 1))
                self._next_operation()

            work = history.workers.erase
            history.start(f"erase {tenant}", lambda now: work(tenant, now), over)

        self._operate(begin)

    def _operate(self, begin: Callable[[], None]) -> None:
        """Begin an operation, or queue it: what rewrites decisions is done one after the other."""
        self._operations.append(begin)
        if len(self._operations) == 1:
            begin()

    def _next_operation(self) -> None:
        self._operations.popleft()
        if self._operations:
            self._operations[0]()

    def read(self, tenant: str) -> None:
        """Somebody reads a tenant's spend."""
        history = self._history
        readers: list[SpendReader] = []

        def make(now: datetime) -> Callable[[], None]:
            readers.append(SpendReader(history, tenant, now))
            return readers[0].work

        def over(task: Task) -> None:
            is_erased = any(one.tenant == tenant for one in self._facts.erasures)
            if task.error is None and not is_erased:
                history.wrong += readers[0].assessed()

        history.start(f"read {tenant}", make, over)

    def expire(self, kind: str) -> None:
        """Some items of a kind expire."""
        history = self._history
        live, pages = history.world.raw["live"], history.world.raw["usage"].pages
        if kind == "retired":
            history.world.raw["closings"].expire_retired()
            return
        items = pages if kind == "pages" else getattr(live, kind)
        for name in [name for name in items if history.random.random() < 0.5]:
            del items[name]
            if kind != "copies":
                history.invariants.expired(name)
                history.invariants.ended.add(_hour_in(name))

    def end_evidence(self) -> None:
        """Evidence of hours that have long been final expires."""
        raw = self._history.world.raw
        sealed = raw["hours"].state.sealed
        for part, object_id in list(raw["evidence"].kept) if sealed else ():
            hour = hour_of_part(part)
            if hour < hour_after(sealed, -2) and not raw["hours"].row(hour).is_due():
                file = EvidenceFile(part, object_id)
                self._facts.ended += sum(1 for _ in raw["evidence"].read(file))
                del raw["evidence"].kept[part, object_id]


def _hour_in(name: Any) -> str:
    """Return the hour of a partial, slot totals or a live page by its key."""
    if isinstance(name, str):
        return name[:13]
    return str(next(part for part in name if part and part[:2] == "20"))[:13]
