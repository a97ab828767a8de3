"""What happened in a history, as somebody beside the meter would write it down.

Nothing here is read from what the meter stores: log objects came, workers were started and ended
well or not, operators did this or that. What is right in the end follows from these facts.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

UNKNOWN = 1 << 60
"""Of something that did not end."""


@dataclass
class Attempt:
    """One worker that was to meter a log object.

    `begun` and `ended` count the calls of all workers. `body` is what it read, None if it never
    got so far. `is_well`: it ended as it should, whatever that means for this object.
    """

    key: str
    version: int
    is_live: bool
    begun: int
    body: bytes | None = None
    ended: int = UNKNOWN
    is_well: bool = False

    def saw(self, body: bytes) -> None:
        """Note what it read."""
        self.body = body

    def end(self, now: int, *, is_well: bool) -> None:
        """Note how it ended."""
        self.ended, self.is_well = now, is_well


@dataclass
class Giving:
    """One operator's try to give a log object up."""

    key: str
    begun: int
    ended: int = UNKNOWN
    is_well: bool = False

    def end(self, now: int, *, is_well: bool) -> None:
        """Note how it ended."""
        self.ended, self.is_well = now, is_well


class Facts:
    """The log objects of a history, and what was done with them."""

    def __init__(self) -> None:
        self.arrived: dict[str, int] = {}
        """Keys of log objects, and at which call they came."""
        self.bodies: dict[str, bytes] = {}
        """What each log object was when it came."""
        self.out_of_reach: set[str] = set()
        """Keys that no sweep has to find: they came too late, or before metering began."""
        self.gone: set[str] = set()
        """Keys that were deleted."""
        self.attempts: dict[str, list[Attempt]] = defaultdict(list)
        self.givings: dict[str, list[Giving]] = defaultdict(list)
        self.decided: list[Any] = []

    def arrive(self, key: str, body: bytes, now: int) -> None:
        """Note that a log object came."""
        self.arrived.setdefault(key, now)
        self.bodies.setdefault(key, body)

    def may_be_unmetered(self, key: str) -> bool:
        """Tell whether nobody promised that a log object is metered."""
        return bool(self.givings[key]) or key in self.out_of_reach or key in self.gone

    def well(self, key: str) -> list[Attempt]:
        """Give the attempts at a log object that ended well, in that order."""
        found = [one for one in self.attempts[key] if one.is_well]
        return sorted(found, key=lambda one: one.ended)
