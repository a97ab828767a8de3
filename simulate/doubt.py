"""What may have become of each log object, as far as the facts tell.

They nearly always tell one thing. Where a worker died, nobody outside knows how far it had come:
then several outcomes are right, and what is stored must be one of them, in all its parts.
"""

from collections.abc import Iterator, Mapping
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
    well = facts.well(key)
    first = well[0].ended if well else UNKNOWN
    bodies = _in_order(one.body for one in facts.attempts[key] if one.body and one.begun <= first)
    found = [
        Read(body, version) for body in bodies for version in _versions(body, key, facts)
    ]
    if not well and facts.may_be_unmetered(key):
        found.insert(0, Read(None, 0))
    return found or [Read(facts.bodies[key], 1)]


def _versions(body: bytes, key: str, facts: Facts) -> list[int]:
    """Give the readings of these bytes that may stand in the end, the newest first.

    Whoever ended well left a reading that is not older than its own.
    """
    tried = [one for one in facts.attempts[key] if one.body == body]
    least = max((one.version for one in tried if one.is_well), default=0)
    return sorted({one.version for one in tried if one.version >= least}, reverse=True)


def must_refuse(key: str, outcome: Read, facts: Facts) -> bool:
    """Tell whether somebody was told for sure that the bytes are other ones."""
    return any(_is_other(one, outcome) for one in facts.well(key))


def may_refuse(key: str, outcome: Read, facts: Facts) -> bool:
    """Tell whether somebody may have been told so."""
    return any(_is_other(one, outcome) for one in facts.attempts[key])


def _is_other(one: Attempt, outcome: Read) -> bool:
    return one.body is not None and one.body != outcome.body


def _in_order(bodies: Iterator[bytes]) -> list[bytes]:
    return list(dict.fromkeys(bodies))
