"""What may have become of each log object, as far as the facts tell.

They nearly always tell one thing. Where a worker died, nobody outside knows how far it had come:
then several outcomes are right, and what is stored must be one of them, in all its parts.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, product

from simulate.facts import UNKNOWN, Attempt, Facts
from simulate.oracle import Read

MOST_DOUBTS = 256
"""Combinations of outcomes that are tried."""


def outcomes(facts: Facts) -> Iterator[Mapping[str, Read]]:
    """Give every combination of outcomes that the facts allow, the likeliest first."""
    keys = sorted(facts.arrived)
    choices = [_outcomes_of(key, facts) for key in keys]
    for chosen in islice(product(*choices), MOST_DOUBTS):
        yield dict(zip(keys, chosen, strict=True))


def _outcomes_of(key: str, facts: Facts) -> list[Read]:
    """Say what may have become of a log object: after all, or after it was last given up."""
    attempts, givings = facts.attempts[key], facts.givings[key]
    last = max((one.begun for one in givings if one.is_well), default=0)
    begins = [one.begun for one in givings if one.begun >= last and one.ended > last]
    found: list[Read] = []
    for begin in [*begins, *([] if last else [0])]:
        found += _metered(sorted_by_end(one for one in attempts if one.ended >= begin))
    well = [one for one in attempts if one.is_well]
    is_lost = not well and facts.may_be_unmetered(key)
    if is_lost or any(all(one.begun <= giving.ended for one in well) for giving in givings):
        found.insert(0, Read(None, 0))
    return list(dict.fromkeys(found)) or [Read(facts.bodies[key], 1)]


def _metered(attempts: list[Attempt]) -> list[Read]:
    """Say what these attempts, in the order of their ends, may have come to.

    The first that ended well left the object settled: with the bytes of somebody who had begun.
    """
    settled = next((one.ended for one in attempts if one.is_well), UNKNOWN)
    bodies = dict.fromkeys(one.body for one in attempts if one.body and one.begun <= settled)
    return [Read(body, version) for body in bodies for version in _versions(body, attempts)]


def _versions(body: bytes, attempts: list[Attempt]) -> list[int]:
    """Give the readings of these bytes that may stand in the end, the newest first.

    Whoever ended well left a reading that is not older than its own.
    """
    tried = [one for one in attempts if one.body == body]
    least = max((one.version for one in tried if one.is_well), default=0)
    return sorted({one.version for one in tried if one.version >= least}, reverse=True)


def sorted_by_end(attempts: Iterable[Attempt]) -> list[Attempt]:
    """Put attempts in the order in which they ended."""
    return sorted(attempts, key=lambda one: one.ended)
