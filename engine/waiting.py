"""Things happen behind queues and streams; a test waits for what it can see."""

import time
from collections.abc import Callable
from typing import Any


def until(answer: Callable[[], Any], *, seconds: float = 15) -> Any:
    """The first answer that is not empty; the last one when the time is up."""
    end = time.monotonic() + seconds
    while not (found := answer()) and time.monotonic() < end:
        time.sleep(0.05)
    return found
