"""Whose moves have to be tried next, and who may wait because the order cannot matter."""

from typing import Any, NamedTuple

from simulate.actors import BEGINS_AGAIN, Actor, is_ingest
from simulate.courses import Footprint, again_from, footprint_of, rest_of
from simulate.steps import Step


class Position(NamedTuple):
    """Where an actor stands: the answers it was given, so what it does next, and on which leg."""

    actor: Actor
    answers: tuple[Any, ...]
    step: Step
    leg: int


def _rest(position: Position, may_die: bool) -> Footprint:
    """Say what may still come of an actor; who begins again does everything again."""
    kind = position.actor.kind
    goes_on = again_from if may_die and kind in BEGINS_AGAIN else rest_of
    return goes_on(kind, position.leg)


def first_to_move(positions: list[Position], *, may_die: bool) -> list[int]:
    """Choose the actors whose moves have to be tried next; the others may wait.

    One is enough if its next call has nothing to do with anything the others may ever do; else as
    few as have, in all that they may ever do, nothing to do with the rest.
    """
    rests = [_rest(one, may_die) for one in positions]
    places = range(len(positions))
    actors = [one.actor for one in positions]
    for place, (actor, _, step, _) in enumerate(positions):
        assert step.call is not None
        now = footprint_of(step.call, actor.kind)
        others = (other for other in places if other != place)
        if not any(touch(actor, now, actors[other], rests[other]) for other in others):
            return [place]
    groups: list[list[int]] = []
    for place in places:
        near = [
            group
            for group in groups
            if any(touch(actors[place], rests[place], actors[o], rests[o]) for o in group)
        ]
        groups = [group for group in groups if group not in near]
        groups.append([place, *(one for group in near for one in group)])
    return min(groups, key=len, default=[])


def touch(one: Actor, its: Footprint, other: Actor, others: Footprint) -> bool:
    """Tell whether it may matter which of two actors comes first."""
    if is_ingest(one) and is_ingest(other) and one.args[0] != other.args[0]:
        return its.shared().touches(others.shared())
    return its.touches(others)
