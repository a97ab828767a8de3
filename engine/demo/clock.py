"""How long each phase of a run took."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Clock:
    """Seconds by phase, in the order in which the phases ran; `tell` hears when one begins."""

    def __init__(self, tell: Callable[[str], None] = lambda _: None) -> None:
        self._tell = tell
        self._begun = time.monotonic()
        self._ended: dict[str, float] = {}
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a block; it counts even when it fails."""
        self._tell(name)
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
        """Return the seconds since the clock was made."""
        return time.monotonic() - self._begun
