"""A token bucket: so many per minute, with a small burst; may go into debt."""

import time
from collections.abc import Callable
from threading import Lock

BURST_SECONDS = 10.0


class Bucket:
    """Refills evenly. Holds what ten seconds bring, at least one.

    What a call really used is known only afterwards, so a bucket may be charged below zero; the
    next call then waits until the debt is paid.
    """

    def __init__(self, per_minute: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.per_minute = per_minute
        self._monotonic = monotonic
        self._most = max(1.0, per_minute * BURST_SECONDS / 60)
        self._level = self._most
        self._at = monotonic()
        self._lock = Lock()

    def wait_for(self, amount: float) -> float:
        """Return how many seconds until so much is there; more than a full bucket asks for full."""
        with self._lock:
            self._refill()
            missing = min(amount, self._most) - self._level
        if missing <= 0:
            return 0.0
        return missing * 60 / self.per_minute if self.per_minute else float("inf")

    def take(self, amount: float) -> None:
        """Take an amount, into debt if need be; a negative amount gives back."""
        with self._lock:
            self._refill()
            self._level = min(self._most, self._level - amount)

    def take_if_there(self, amount: float) -> float:
        """Take an amount if it is there; otherwise tell how many seconds until it is."""
        with self._lock:
            self._refill()
            missing = min(amount, self._most) - self._level
            if missing <= 0:
                self._level -= amount
                return 0.0
        return missing * 60 / self.per_minute if self.per_minute else float("inf")

    def _refill(self) -> None:
        now = self._monotonic()
        self._level = min(self._most, self._level + (now - self._at) * self.per_minute / 60)
        self._at = now
