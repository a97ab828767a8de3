"""What functions are billed for: invocations, processor time and waiting, counted by function."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from bench import list_prices as usd
from bench.capacity import Capacity

WHOLE_PROCESSOR_GB = 1769 / 1024
"""A function has a share of a processor by its memory, and here never uses more than one."""
WAITS: Mapping[str, float] = {"dynamodb": 0.005, "s3": 0.030, "sqs": 0.010}
"""Seconds until a small request is answered (assumed)."""


class Work(NamedTuple):
    """What the invocations of one function took together; seconds of one processor."""

    count: float = 0
    processor: float = 0
    waiting: float = 0

    def times(self, factor: float) -> "Work":
        """Return so many times this work."""
        return Work(*(part * factor for part in self))

    def plus(self, other: "Work") -> "Work":
        """Return this work and other work together."""
        return Work(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def gb_seconds(self, memory_gb: float) -> float:
        """Return what is billed with so much memory: less of a processor takes longer."""
        slower = max(1.0, WHOLE_PROCESSOR_GB / memory_gb)
        return memory_gb * (self.processor * slower + self.waiting)

    def dollars(self, memory_gb: float) -> float:
        """Return the price of this work with so much memory."""
        return self.gb_seconds(memory_gb) * usd.GB_SECOND + self.count * usd.INVOCATION


class Invocations:
    """Counts the work of jobs by the function they stand for; requests come from `Capacity`."""

    def __init__(self, capacity: Capacity) -> None:
        self._capacity = capacity
        self.work: dict[str, Work] = {}

    def watched(self, function: str, job: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap a job so that each call of it counts as an invocation of the function."""

        def invoke(**question: Any) -> Any:
            with self._counted(function):
                answer = job(**question)
                return list(answer) if isinstance(answer, Iterator) else answer

        return invoke

    @contextmanager
    def _counted(self, function: str) -> Iterator[None]:
        before, begun = Counter(self._capacity.requests), time.process_time()
        yield
        asked = self._capacity.requests - before
        waiting = sum(WAITS[service] * count for service, count in asked.items())
        work = Work(1, time.process_time() - begun, waiting)
        self.work[function] = self.work.get(function, Work()).plus(work)
