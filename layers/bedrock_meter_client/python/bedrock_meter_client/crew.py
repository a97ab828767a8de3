"""A few threads that do short jobs in the background."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread

HANDS = 8
MOST_WAITING = 10_000


class Crew:
    """Starts threads when there is work, at most `hands` at a time; they end when there is none.

    The threads are daemons: a job that hangs never keeps a process from ending.
    """

    def __init__(self, hands: int = HANDS) -> None:
        self._hands = hands
        self._busy = 0
        self._waiting: deque[Callable[[], None]] = deque()
        self._lock = Lock()

    def do(self, job: Callable[[], None]) -> None:
        """Run a job, which must not raise. RuntimeError: no thread, or too many jobs wait."""
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                raise RuntimeError(f"{MOST_WAITING} reads are waiting already")
            if self._busy >= self._hands:
                self._waiting.append(job)
                return
            self._busy += 1
        try:
            Thread(target=self._work, args=(job,), name="bedrock-meter-flags", daemon=True).start()
        except RuntimeError:  # The process has no thread left, or is ending.
            with self._lock:
                self._busy -= 1
            raise

    def _work(self, job: Callable[[], None]) -> None:
        doing: Callable[[], None] | None = job
        while doing:
            with suppress(BaseException):  # A job that raises after all must not end the thread.
                doing()
            with self._lock:
                doing = self._waiting.popleft() if self._waiting else None
                if doing is None:
                    self._busy -= 1
