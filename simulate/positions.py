"""The positions of actors: each is a list of answers, and so the call that comes next."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from simulate.actors import Actor, object_of
from simulate.footprints import NOTHING, Footprint
from simulate.reachable_accesses import footprint_of, phase_of, rest_of
from simulate.start import StartingPoint
from simulate.state_ids import STORES, Texts
from simulate.steps import Step, Work, next_step


class Position(NamedTuple):
    """What an actor does next, and in which phase it is.

    `store` is the number of the store that it calls. `now` is what its next call accesses, `rest`
    what it may still access; `again`, if it may die and begin once more.
    """

    actor: Actor
    step: Step
    phase: int
    store: int
    log_object: str | None
    now: Footprint
    rest: Footprint
    again: Footprint


class Positions:
    """Numbers positions: the same answers lead to the same number."""

    def __init__(
        self,
        work_of: Callable[[Actor], Work],
        fixed: Mapping[str, Any],
        texts: Texts,
        start: StartingPoint,
        *,
        is_shipped: bool,
    ) -> None:
        self._work_of, self._fixed, self._texts = work_of, fixed, texts
        self._start, self._closed = start, start.closed
        self._is_shipped = is_shipped
        self._all: list[Position] = []
        self._numbers: dict[tuple[Actor, int, str], int] = {}
        self._roots: dict[Actor, int] = {}
        self._next: dict[tuple[int, str], int] = {}

    def __getitem__(self, number: int) -> Position:
        return self._all[number]

    def root(self, actor: Actor) -> int:
        """Return the position of an actor without answers."""
        if actor not in self._roots:
            self._roots[actor] = self._number(actor, (), 0)
        return self._roots[actor]

    def after_answer(self, number: int, answer: Any) -> int:
        """Return the position that an answer leads to."""
        key = (number, self._texts.of(answer))
        if key not in self._next:
            actor, step, phase, *_ = self._all[number]
            self._next[key] = self._number(actor, (*step.answers, answer), phase)
        return self._next[key]

    def _number(self, actor: Actor, answers: tuple[Any, ...], phase: int) -> int:
        step = next_step(self._work_of(actor), answers, STORES, self._fixed)
        if step.call is not None and self._is_shipped:
            phase = phase_of(step.call, actor.kind, phase)
        key = (actor, phase, self._texts.of(step.answers) if step.call else str(len(self._all)))
        if key not in self._numbers:
            self._numbers[key] = len(self._all)
            self._all.append(self._position(actor, step, phase))
        return self._numbers[key]

    def _position(self, actor: Actor, step: Step, phase: int) -> Position:
        now = footprint_of(step.call, actor.kind, self._closed) if step.call else NOTHING
        rest = rest_of(actor.kind, phase)
        begins = self._start.begins_again(actor)
        again = rest_of(actor.kind, 0) if begins else rest
        store = STORES.index(step.call.store) if step.call else -1
        return Position(actor, step, phase, store, object_of(actor), now, rest, again)
