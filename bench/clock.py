"""Processor time (user and system) of things done in turns on one core."""

import gc
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CORE = max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
ALTERNATIONS = 7
COLLECT_AS_USUAL = (2_000, 10, 10)
"""When Python 3.13 looks for cycles unless it is told otherwise."""
COMPILED = Path(__file__).resolve().parents[1] / ".local" / "bench" / "compiled"


@contextmanager
def pinned() -> Iterator[None]:
    """Stay on one core for a while, child processes included, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {CORE})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def collecting(after: tuple[int, int, int]) -> Iterator[None]:
    """Let the garbage collector look for cycles after so many new objects, for a while."""
    before = gc.get_threshold()
    gc.set_threshold(*after)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def in_turns(
    candidates: Mapping[str, Callable[[], Any]], rounds: int = ALTERNATIONS
) -> dict[str, list[float]]:
    """Run A B C A B C …; give the seconds of each, after one round that does not count.

    Turns share the drift of the machine, so ratios are steadier than times.
    """
    for run in candidates.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            before = _used(resource.RUSAGE_SELF)
            run()
            seconds[name].append(_used(resource.RUSAGE_SELF) - before)
    return seconds


def process(arguments: Sequence[str]) -> Callable[[], str]:
    """Make a candidate of a whole Python process; it answers what was printed.

    Its modules are compiled by the first run and kept, as the build does for Lambda.
    """
    environment = os.environ | {"PYTHONPYCACHEPREFIX": str(COMPILED)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run() -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments[:2])} failed: {done.stderr.strip()[-600:]}")
        return done.stdout

    return run


def processes_in_turns(
    candidates: Mapping[str, Callable[[], Any]], rounds: int = ALTERNATIONS
) -> dict[str, list[float]]:
    """Like `in_turns`, for whole processes: their start and end count too."""
    for run in candidates.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            before = _used(resource.RUSAGE_CHILDREN)
            run()
            seconds[name].append(_used(resource.RUSAGE_CHILDREN) - before)
    return seconds


def least(numbers: Sequence[float]) -> float:
    """Return the least of several measurements: what else the machine does only adds to it."""
    return min(numbers)


def _used(who: int) -> float:
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime
