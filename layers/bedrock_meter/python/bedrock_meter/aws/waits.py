"""Short waits before something is tried again that others were in the way of."""

from collections.abc import Callable
from random import uniform

MOST_WAITS = 6
_FIRST_SECONDS = 0.05

type Sleep = Callable[[float], None]
"""Wait for so many seconds."""


def short_waits() -> list[float]:
    """Return six waits in seconds, three in all at most, each about twice as long as the last.

    Of random length, so that two writers in each other's way do not meet again.
    """
    longest = (_FIRST_SECONDS * 2**number for number in range(MOST_WAITS))
    return [uniform(wait / 2, wait) for wait in longest]
