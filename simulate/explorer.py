"""Every order in which the steps of a few workers can come; the shortest way to anything wrong.

Breadth first: from every state each worker makes its next call, or dies after it. A state that was
reached before is not walked again, and neither are orders that cannot matter: where the rest of
what some workers will do has nothing to do with what the others do, they go first.
"""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple

from bedrock_meter.domain.errors import Contended
from simulate.actors import BEGINS_AGAIN, NOW, Actor, after, work_of
from simulate.baton import Stage
from simulate.courses import is_write, leg_of, needs_all_of_the_row
from simulate.laws import Laws
from simulate.numbered import STORES, Effect, Numbered, Texts
from simulate.reader import day_sum
from simulate.scenarios import FIRST, Scenario
from simulate.steps import next_step
from simulate.turns import Position, first_to_move
from simulate.verdict import Aftermath, do
from simulate.world import World

_PLACE = {name: place for place, name in enumerate(STORES)}
DIES, LOST = "and dies", "the stream record is lost"
_TOTALS = ("hours", "usage", "closings", "rollups")


class State(NamedTuple):
    """The contents of the stores, where each actor stands, and what may still go wrong."""

    stores: tuple[int, ...]
    actors: tuple[int, ...]
    crashes: int
    losses: int
    published: tuple[tuple[str, int], ...]


class Move(NamedTuple):
    """The next call of the actor at a position; it may die after it, or never be told to begin."""

    position: int
    fate: str


class Found(NamedTuple):
    """What came out; `wrong` is empty if nothing is, else `trace` is a shortest way to it."""

    states: int
    ends: int
    seconds: float
    wrong: str
    trace: tuple[str, ...]


class Wrong(Exception):
    """Something is not as it must be."""


class Explorer:
    """Walks through one scenario."""

    def __init__(self, scenario: Scenario, *, is_shipped: bool = True) -> None:
        """Begin; code that is not what is shipped may make its calls in another order."""
        self._scenario = scenario
        self._is_shipped = is_shipped
        self._world = World(Random(0), Stage(), lambda *_: None)
        self._fixed = {name: self._world.raw[name] for name in ("logs", "policies")}
        self._texts = Texts()
        self._stores = Numbered(self._world.raw, self._texts)
        self._laws = Laws(self._world, frozenset())
        self._positions: list[Position] = []
        self._roots: dict[Actor, int] = {}
        self._next: dict[tuple[int, str], int] = {}
        self._effects: dict[tuple[int, int], tuple[Effect, int]] = {}
        self._movers: dict[tuple[tuple[int, ...], bool], tuple[int, ...]] = {}
        self._lawful: set[tuple[int, ...]] = set()
        self._judged: set[tuple[Any, ...]] = set()

    def explore(self) -> Found:
        """Walk until there is nothing new, or something wrong."""
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
                    trace = (*self._trace(ways, state), self._told(move))
                    return Found(len(ways), ends, _since(begun), str(wrong), trace)
                if then not in ways:
                    ways[then] = (state, move)
                    waiting.append(then)
            if not state.actors and (wrong := self._verdict(state)):
                trace = self._trace(ways, state)
                return Found(len(ways), ends, _since(begun), wrong, trace)
        return Found(len(ways), ends, _since(begun), "", ())

    def _first(self) -> State:
        """Do what comes before, and let everybody stand at the beginning."""
        scenario, raw = self._scenario, self._world.raw
        raw["logs"].objects.update(scenario.objects)
        if scenario.has_begun:
            raw["hours"].begin_at(FIRST)
        published = []
        for actor in scenario.before:
            answer = do(actor, self._world, NOW - timedelta(minutes=10))
            if actor.kind == "close":
                published += [(hour, raw["hours"].rows[hour].published) for hour in answer]
        actors = sorted(self._root(actor) for actor in scenario.actors)
        return State(
            self._stores.now(), tuple(actors), scenario.crashes, scenario.losses, tuple(published)
        )

    def _root(self, actor: Actor) -> int:
        if actor not in self._roots:
            self._roots[actor] = len(self._positions)
            self._positions.append(self._position(actor, (), 0))
        return self._roots[actor]

    def _position(self, actor: Actor, answers: tuple[Any, ...], leg: int) -> Position:
        work = work_of(actor, self._world, NOW)
        step = next_step(work, answers, STORES, self._fixed)
        if step.call is not None and self._is_shipped:
            leg = leg_of(step.call, actor.kind, leg)
        return Position(actor, answers, step, leg)

    def _moves(self, state: State) -> Iterator[Move]:
        """Name what may happen next, except where the order cannot matter."""
        for number in self._who_moves(state.actors, bool(state.crashes)):
            actor, answers, step, _ = self._positions[number]
            assert step.call is not None
            yield Move(number, "")
            if state.crashes and is_write(step.call):
                yield Move(number, DIES)
            if state.losses and actor.kind == "fold" and not answers:
                yield Move(number, LOST)

    def _who_moves(self, actors: tuple[int, ...], may_die: bool) -> tuple[int, ...]:
        key = (actors, may_die)
        if key not in self._movers:
            positions = [self._positions[number] for number in actors]
            places = first_to_move(positions, may_die=may_die)
            self._movers[key] = tuple(sorted({actors[place] for place in places}))
        return self._movers[key]

    def _after(self, state: State, move: Move) -> State:
        """Give the state after a move."""
        others = list(state.actors)
        others.remove(move.position)
        if move.fate == LOST:
            return state._replace(actors=tuple(others), losses=state.losses - 1)
        effect, position = self._effect(state, move.position)
        call = self._positions[move.position].step.call
        assert call is not None
        stores = list(state.stores)
        stores[_PLACE[call.store]] = effect.number
        others += [self._root(actor) for actor in effect.woken]
        actor = self._positions[move.position].actor
        if move.fate == DIES:
            others += [self._root(actor)] if actor.kind in BEGINS_AGAIN else []
        else:
            others += self._going_on(position)
        then = State(
            tuple(stores),
            tuple(sorted(others)),
            state.crashes - (move.fate == DIES),
            state.losses,
            state.published + effect.published,
        )
        if call.store in _TOTALS and is_write(call):
            self._check_laws(then.stores)
        return then

    def _effect(self, state: State, number: int) -> tuple[Effect, int]:
        """Make the next call of an actor; give what it did, and where the actor stands then."""
        position = self._positions[number]
        call = position.step.call
        assert call is not None
        key = (number, state.stores[_PLACE[call.store]])
        if key not in self._effects:
            effect = self._stores.effect(key[1], call)
            answer = effect.answer
            if call.place == "hours.row" and not needs_all_of_the_row(position.actor.kind):
                answer = answer._replace(dirty=0)
            self._effects[key] = (effect, self._answered(number, answer))
        return self._effects[key]

    def _answered(self, number: int, answer: Any) -> int:
        key = (number, self._texts.of(answer))
        if key not in self._next:
            actor, answers, _, leg = self._positions[number]
            self._next[key] = len(self._positions)
            self._positions.append(self._position(actor, (*answers, answer), leg))
        return self._next[key]

    def _going_on(self, number: int) -> list[int]:
        """Name where an actor goes on: nowhere when it is over, from the start if it has to."""
        actor, _, step, _ = self._positions[number]
        if step.call is not None:
            return [number]
        if isinstance(step.error, Contended):
            return [self._root(actor)] if actor.kind in BEGINS_AGAIN else []
        if step.error is not None:
            raise Wrong(f"{actor} raised {step.error!r}")
        if actor.kind == "read" and day_sum(step.result) != self._scenario.told:
            raise Wrong(f"a reader was told {day_sum(step.result)}, not {self._scenario.told}")
        following = after(actor, step.result)
        return self._going_on(self._root(following)) if following else []

    def _check_laws(self, stores: tuple[int, ...]) -> None:
        key = tuple(stores[_PLACE[name]] for name in _TOTALS)
        if key in self._lawful:
            return
        self._stores.show(stores, _TOTALS)
        for hour in self._world.raw["hours"].rows:
            if broken := self._laws.agree(hour):
                raise Wrong(broken)
        self._lawful.add(key)

    def _verdict(self, state: State) -> str:
        """Let the dust settle; say what is not as the logs say."""
        key = (state.stores, state.published)
        if key in self._judged:
            return ""
        self._stores.show(state.stores)
        end = Aftermath(
            self._world,
            self._scenario.objects,
            [actor.args[0] for actor in self._scenario.actors if actor.kind == "decide"],
            state.published,
            self._scenario.losses - state.losses,
        )
        self._judged.add(key)
        return next(iter(end.differences()), "")

    def _trace(
        self, ways: Mapping[State, tuple[State, Move] | None], state: State
    ) -> tuple[str, ...]:
        told = []
        while way := ways[state]:
            state, move = way
            told.append(self._told(move))
        return tuple(reversed(told))

    def _told(self, move: Move) -> str:
        actor, _, step, _ = self._positions[move.position]
        assert step.call is not None
        if move.fate == LOST:
            return f"{actor}: {LOST}"
        args = ", ".join(str(arg)[:60] for arg in step.call.args)
        return f"{actor}: {step.call.store}.{step.call.method}({args})  {move.fate}".rstrip()


def _since(begun: float) -> float:
    return time.perf_counter() - begun
