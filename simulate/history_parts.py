"""What the parts of a history share: its world, its facts, what is watched, who works."""

from collections.abc import Callable
from random import Random
from typing import Any, Protocol

from simulate.event_loop import EventLoop
from simulate.facts import HistoryFacts
from simulate.generator import scenario_of
from simulate.invariants import Invariants
from simulate.scheduler import Killed
from simulate.workers import Workers
from simulate.world import World

_MOST_CALLS = 100_000


class Announcing(Protocol):
    """The queues, as event handlers use them."""

    def announce(self, key: str, is_live: bool) -> None: ...
    def redrive(self) -> None: ...


class Running(Protocol):
    """The handlers of events, as an execution of the machine uses them."""

    def run(self) -> None: ...


class HistoryParts(EventLoop):
    """A scenario in its world; `queues` and `handlers` are set by the history that plays it."""

    queues: Announcing
    handlers: Running

    def __init__(self, seed: int, make_world: Callable[..., World] = World) -> None:
        random = Random(seed)
        super().__init__(random, scenario_of(random))
        profiles = self.scenario.profiles
        self.world = make_world(
            random, self.scheduler, self._watch, profiles=profiles, clock=lambda: self.clock
        )
        self.world.wire.later = self.later
        self.facts = HistoryFacts()
        self.invariants = Invariants(self.world, self.facts)
        self.workers = Workers(self.world, self.each)
        self.lost_records = 0

    def calls(self) -> int:
        """Count the calls of all tasks so far."""
        return self.world.wire.calls

    def _watch(self, store: str, method: str, args: tuple[Any, ...], answer: Any) -> None:
        violated = self.invariants.after(store, method, args, answer)
        if violated:
            task = self.scheduler.current
            self.wrong.append(f"{violated} (after {store}.{method} by {task.name if task else ''})")
        if self.calls() > _MOST_CALLS:
            self.wrong.append("no end in sight")
            raise Killed
