"""A token bucket: so many per minute, with a small burst; may go into debt."""

import time
from collections.abc import Callable
from threading import Lock

BURST_SECONDS = 10.0


class Bucket:
    """Refills evenly. Holds what ten seconds bring, at least one.

    What a call really used is known only afterwards, so the level may fall below zero; the next
    call then waits until it is above zero again.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._monotonic = monotonic
        self._most = max(1.0, per_minute * BURST_SECONDS / 60)
        self._level = self._most
        self._at = monotonic()
        self._lock = Lock()

    def wait_for(self, amount: float) -> float:
        """Return the seconds until an amount is there, at most until the bucket is full."""
        with self._lock:
            return self._seconds_to(amount)

    def take(self, amount: float) -> None:
        """Take an amount, below zero if need be; a negative amount is put back."""
        with self._lock:
            self._refill()
            self._level = min(self._most, self._level - amount)

    def take_if_there(self, amount: float) -> float:
        """Take an amount if it is there and return 0, else return the seconds until it is."""
        with self._lock:
            seconds = self._seconds_to(amount)
            if not seconds:
                self._level -= amount
            return seconds

    def _seconds_to(self, amount: float) -> float:
        self._refill()
        missing = min(amount, self._most) - self._level
        if missing <= 0:
            return 0.0
        return missing * 60 / self.per_minute if self.per_minute else float("inf")

    def _refill(self) -> None:
        now = self._monotonic()
        self._level = min(self._most, self._level + (now - self._at) * self.per_minute / 60)
        self._at = now
