"""Short waits before a request that conflicted with others is tried again."""

from collections.abc import Callable
from random import uniform

MOST_WAITS = 6
_FIRST_SECONDS = 0.05

type Sleep = Callable[[float], None]
"""Wait for so many seconds."""


def short_waits() -> list[float]:
    """Return six waits in seconds, together three at most, each about twice as long as the last.

    Their lengths are random, so that two writers that conflicted do not meet again.
    """
    longest = (_FIRST_SECONDS * 2**number for number in range(MOST_WAITS))
    return [uniform(wait / 2, wait) for wait in longest]
