"""The actions that are due, in the order of virtual time."""

from collections.abc import Callable
from heapq import heappop, heappush

from simulate.scheduler import FOREVER

type Act = Callable[[], None]


class Timeline:
    """Actions, each at its time in milliseconds; of equal times the one noted first."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Act]] = []
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._heap)

    def note(self, at: int, act: Act) -> None:
        """Add an action at a time."""
        self._count += 1
        heappush(self._heap, (at, self._count, act))

    def next_at(self) -> int:
        """Return the time of the next action."""
        return self._heap[0][0] if self._heap else FOREVER

    def pop(self) -> tuple[int, Act]:
        """Remove and return the next action and its time."""
        at, _, act = heappop(self._heap)
        return at, act
