"""Explicit-state model checking: every order of a few workers' calls, shortest counterexamples.

Breadth first: from every state each worker makes its next call, or dies after it. A state that was
reached before is not explored again, and neither are orders that cannot matter: workers whose
remaining calls are independent of all others' go first.
"""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import timedelta
from random import Random
from typing import Any, Literal, NamedTuple

from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.local.profiles import MemoryProfileFacts, MemoryProfiles
from simulate.actors import BEGINS_AGAIN, BY_OPERATORS, GIVES_UP, NOW, Actor, after, work_of
from simulate.footprints import ADDED, KEPT
from simulate.invariants import Invariants
from simulate.partial_order import PartialOrder
from simulate.positions import Positions
from simulate.reachable_accesses import is_write, seen_by
from simulate.scheduler import Scheduler
from simulate.settling import Settling, do
from simulate.start import StartingPoint, sums_of
from simulate.start_objects import FIRST
from simulate.state_ids import STORES, Effect, StateIds, Texts
from simulate.state_invariants import manifest_violation, violations
from simulate.world import World

_PLACE = {name: place for place, name in enumerate(STORES)}
DIES, LOST, LATER = "and dies", "the stream record is lost", "and comes again when all is over"
_CHECKED_STORES = ("hours", "usage", "closings", "rollups", "manifests", "evidence")
_CONTENDED = ("manifests", "live", "usage")
"""Where another worker may always be quicker."""

type PublishedEpochs = tuple[tuple[str, int], ...]
type Code = Literal["nothing", "stores", "jobs"]


class State(NamedTuple):
    """The contents of the stores, the position of each actor, and the faults that are left.

    `published` are hours and epochs, those of an hour in their order; `done` are the actors of
    operators that ended well.
    """

    stores: tuple[int, ...]
    actors: tuple[int, ...]
    crashes: int
    losses: int
    published: PublishedEpochs
    done: tuple[Actor, ...] = ()


class Move(NamedTuple):
    """The next call of the actor at a position, and its fault, empty if it has none."""

    position: int
    fault: str


class Exploration(NamedTuple):
    """What was found; `wrong` is empty, or a violation to which `trace` is a shortest way."""

    states: int
    ends: int
    seconds: float
    wrong: str
    trace: tuple[str, ...]


class Wrong(Exception):
    """An invariant is violated."""


class Explorer:
    """Explores the states that are reachable from one starting point."""

    def __init__(
        self, start: StartingPoint, *, bug_in: Code = "nothing", leaves_out: bool = True
    ) -> None:
        """Prepare; `bug_in` says what differs from the shipped code.

        Stores with a bug may not keep the newer of two writes; jobs with one may also make their
        calls in another order. `leaves_out`: orders that cannot matter are not explored.
        """
        self._start = start
        self._are_jobs_shipped = bug_in != "jobs"
        self._world = World(Random(0), Scheduler(), lambda *_: None)
        texts = Texts()
        self._stores = StateIds(self._world.raw, texts, start.release)
        self._positions = Positions(
            lambda actor: work_of(actor, self._world, NOW),
            {
                "policies": self._world.raw["policies"],
                "bedrock": MemoryProfiles(),
                "facts": MemoryProfileFacts(),
            },
            texts,
            start,
            is_shipped=self._are_jobs_shipped,
        )
        self._invariants = Invariants(self._world)
        self._effects: dict[tuple[int, int], tuple[Effect, int]] = {}
        added = KEPT if bug_in == "nothing" else ADDED
        self._order = PartialOrder(self._positions, added) if leaves_out else None
        self._checked: set[tuple[int, ...]] = set()
        self._assessed: set[tuple[Any, ...]] = set()

    def explore(self) -> Exploration:
        """Explore until there is nothing new, or something wrong."""
        begun = time.perf_counter()
        first = self._first()
        ways: dict[State, tuple[State, Move] | None] = {first: None}
        waiting, ends = deque([first]), 0
        while waiting:
            state = waiting.popleft()
            ends += not state.actors
            for move in self._moves(state):
                try:
                    then = self._after(state, move)
                except Wrong as wrong:
                    trace = (*self._trace(ways, state), self._described(move))
                    return Exploration(len(ways), ends, _since(begun), str(wrong), trace)
                if then not in ways:
                    ways[then] = (state, move)
                    waiting.append(then)
            if not state.actors and (wrong := self._final_violation(state)):
                trace = self._trace(ways, state)
                return Exploration(len(ways), ends, _since(begun), wrong, trace)
        return Exploration(len(ways), ends, _since(begun), "", ())

    def _first(self) -> State:
        """Do what comes before, and return the state in which all actors begin."""
        start, raw = self._start, self._world.raw
        raw["logs"].objects.update(start.objects)
        if start.has_begun:
            raw["hours"].begin_at(FIRST)
        published: list[tuple[str, int]] = []
        for actor in start.before:
            do(actor, self._world, NOW - timedelta(minutes=20), published)
        actors = sorted(map(self._positions.root, start.actors))
        return State(
            self._stores.now(), tuple(actors), start.crashes, start.losses, tuple(published)
        )

    def _moves(self, state: State) -> Iterator[Move]:
        """Return the next moves, except where the order cannot matter."""
        may_die = bool(state.crashes)
        first = self._order.first(state.actors, may_die=may_die) if self._order else state.actors
        for number in first if self._order else sorted(set(first)):
            actor, step, *_ = self._positions[number]
            assert step.call is not None
            yield Move(number, "")
            if may_die and self._start.may_die(actor) and is_write(step.call):
                yield Move(number, DIES)
            if state.losses and actor.kind == "fold" and not step.answers:
                yield Move(number, LOST)
            if step.call.store in _CONTENDED and self._has_to_come_again(state, number):
                yield Move(number, LATER)

    def _has_to_come_again(self, state: State, number: int) -> bool:
        actor, step, *_ = self._positions[self._effect(state, number)[1]]
        return isinstance(step.error, Contended) and actor.kind in BEGINS_AGAIN

    def _after(self, state: State, move: Move) -> State:
        """Return the state after a move."""
        others = list(state.actors)
        others.remove(move.position)
        if move.fault == LOST:
            return state._replace(actors=tuple(others), losses=state.losses - 1)
        effect, position = self._effect(state, move.position)
        actor, step, *_ = self._positions[move.position]
        assert step.call is not None
        stores = list(state.stores)
        stores[_PLACE[step.call.store]] = effect.number
        others += map(self._positions.root, effect.started)
        if move.fault == DIES:
            begins = self._start.begins_again(actor)
            others += [self._positions.root(actor)] if begins else []
        elif move.fault != LATER:
            others += self._going_on(position)
        then = State(
            tuple(stores),
            tuple(sorted(others)),
            state.crashes - (move.fault == DIES),
            state.losses,
            _in_order(state.published + effect.published) if effect.published else state.published,
            state.done + self._done(position),
        )
        if step.call.store in _CHECKED_STORES and is_write(step.call):
            self._check_invariants(then.stores)
        return then

    def _effect(self, state: State, number: int) -> tuple[Effect, int]:
        """Make the next call of an actor; return its effect, and the actor's next position."""
        actor, (call, *_), _, store, *_ = self._positions[number]
        key = (number, state.stores[store])
        if key not in self._effects:
            effect = self._stores.effect(key[1], call)
            if call.place == "manifests.put":
                self._check_manifest(call.args[0].object_id, key[1], effect.number)
            answer = effect.answer
            if self._are_jobs_shipped:
                answer = seen_by(actor.kind, call, answer)
            self._effects[key] = (effect, self._positions.after_answer(number, answer))
        return self._effects[key]

    def _check_manifest(self, object_id: str, before: int, after: int) -> None:
        known = [
            self._stores.content(number)["manifests"].get(object_id) for number in (before, after)
        ]
        if violated := manifest_violation(*known):
            raise Wrong(violated)

    def _done(self, number: int) -> tuple[Actor, ...]:
        actor, step, *_ = self._positions[number]
        is_done = actor.kind in BY_OPERATORS and step.call is None and step.error is None
        return (actor,) if is_done else ()

    def _going_on(self, number: int) -> list[int]:
        """Return where an actor goes on: nowhere when it is over, at its root if it retries."""
        actor, step, *_ = self._positions[number]
        if step.call is not None:
            return [number]
        if isinstance(step.error, Contended):
            return [self._positions.root(actor)] if actor.kind in BEGINS_AGAIN else []
        if isinstance(step.error, GIVES_UP):
            return []
        if step.error is not None:
            raise Wrong(f"{actor} raised {step.error!r}")
        if actor.kind == "read" and (got := sums_of(step.result)) != self._start.expected:
            raise Wrong(f"a reader got {got}, not {self._start.expected}")
        if failed := getattr(step.result, "sweep_failed", ""):
            raise Wrong(f"{actor}: {failed}")
        begun = [self._positions.root(one) for one in after(actor, step.result)]
        return [place for one in begun for place in self._going_on(one)]

    def _check_invariants(self, stores: tuple[int, ...]) -> None:
        key = tuple(stores[_PLACE[name]] for name in _CHECKED_STORES)
        if key in self._checked:
            return
        if self._start.erased():
            return  # between two requests of an erasing a tenant has two names
        self._stores.show(stores, _CHECKED_STORES)
        violated = filter(None, map(self._invariants.agree, list(self._world.raw["hours"].kept)))
        for violation in (*violated, *violations(self._world.raw)):
            raise Wrong(violation)
        self._checked.add(key)

    def _final_violation(self, state: State) -> str:
        """Let everything settle; return what is not as the logs say."""
        key = (state.stores, state.published, state.done)
        if key in self._assessed:
            return ""
        self._stores.show(state.stores)
        end = Settling(
            self._world, self._start, state.published, state.done, self._start.losses - state.losses
        )
        self._assessed.add(key)
        return next(iter(end.differences()), "")

    def _trace(
        self, ways: Mapping[State, tuple[State, Move] | None], state: State
    ) -> tuple[str, ...]:
        steps = []
        while way := ways[state]:
            state, move = way
            steps.append(self._described(move))
        return tuple(reversed(steps))

    def _described(self, move: Move) -> str:
        actor, step, *_ = self._positions[move.position]
        assert step.call is not None
        if move.fault == LOST:
            return f"{actor}: {LOST}"
        args = ", ".join(str(arg)[:60] for arg in step.call.args)
        return f"{actor}: {step.call.store}.{step.call.method}({args})  {move.fault}".rstrip()


def _in_order(published: PublishedEpochs) -> PublishedEpochs:
    """Order publications by hour; those of one hour stay in the order they came in."""
    return tuple(sorted(published, key=lambda one: one[0]))


def _since(begun: float) -> float:
    return time.perf_counter() - begun
