"""How long each phase of a run took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stopwatch:
    """Seconds by phase, in the order in which the phases ran; `say` gets each name at its begin."""

    def __init__(self, say: Callable[[str], None] = lambda _: None) -> None:
        self._say = say
        self._begun = time.monotonic()
        self._ended: dict[str, float] = {}
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a block; it counts even when it fails."""
        self._say(name)
        begun = time.monotonic()
        try:
            yield
        finally:
            ended = self._ended[name] = time.monotonic()
            self.seconds[name] = self.seconds.get(name, 0.0) + ended - begun

    def seconds_since_end_of(self, name: str) -> float:
        """Return the seconds since a phase ended."""
        return time.monotonic() - self._ended[name]

    def total(self) -> float:
        """Return the seconds since the stopwatch was made."""
        return time.monotonic() - self._begun
