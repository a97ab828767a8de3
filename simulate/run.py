"""Many histories, one of them step by step, mutations, and the exhaustive twin."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from simulate.history import History
from simulate.killing import MOST_SEEDS, first_kill
from simulate.mutations import MUTATIONS

SEEDS = 10_000
_MOST_SHOWN = 5

type Say = Callable[[str], None]


def main(words: Sequence[str]) -> int:
    """Run what the command line asks for; 1 if anything is not as it must be.

    Without words: histories, and, unless SEEDS chooses some of them, mutations and scenarios too.
    """
    if words[:1] == ["replay"]:
        return replay(int(words[1]), print)
    if words[:1] == ["mutations"]:
        return kill(print)
    seeds, first = os.environ.get("SEEDS"), int(os.environ.get("FROM") or 0)
    survived = 0 if seeds else kill(print)
    return max(survived, simulate(range(first, first + int(seeds or SEEDS)), print))


def simulate(seeds: range, say: Say) -> int:
    """Play histories; 1 if any of them differs."""
    begun, wrong, calls = time.perf_counter(), 0, 0
    for seed in seeds:
        history = History(seed)
        differences = history.play()
        calls += history.world.wire.calls
        if differences:
            wrong += 1
            if wrong <= _MOST_SHOWN:
                say(f"seed {seed}: {differences[0]}")
                say(f"    python -m simulate replay {seed}")
    took = time.perf_counter() - begun
    say(f"{calls} calls of stores, {len(seeds) / took:.0f} histories/s")
    say(f"{len(seeds)} histories, {wrong} differences")
    return 1 if wrong else 0


def kill(say: Say) -> int:
    """Search seeds from 0 for one that notices each mutation; 1 if a mutation survives."""
    survivors = 0
    for mutation in MUTATIONS:
        killed = first_kill(mutation, range(MOST_SEEDS))
        survivors += killed.seed is None
        by = "nobody" if killed.seed is None else f"seed {killed.seed}"
        say(f"{mutation}: noticed by {by}  {killed.complaint[:100]}")
    say(f"{len(MUTATIONS)} mutations, {survivors} unnoticed within {MOST_SEEDS} seeds")
    return 1 if survivors else 0


def replay(seed: int, say: Say) -> int:
    """Play one history and tell every step."""
    history = History(seed)
    history.trace = say

    def told(store: str, method: str, args: tuple[Any, ...], answer: Any, fate: str) -> None:
        task = history.stage.current
        name = task.name if task else ""
        texts = ", ".join(_short(arg) for arg in args)
        end = f" ({fate})" if fate else ""
        number = history.world.wire.calls
        say(f"  {number:5d} {name:24s} {store}.{method}({texts}) -> {_short(answer)}{end}")

    history.world.wire.trace = told
    differences = history.play()
    for difference in differences:
        say(f"WRONG: {difference}")
    say(f"1 histories, {1 if differences else 0} differences")
    return 1 if differences else 0


def _short(value: Any) -> str:
    """Write a value on a part of a line, the same in every process."""
    if isinstance(value, set | frozenset):
        value = sorted(value, key=str)
    text = type(value).__name__ if hasattr(value, "read") else repr(value)
    return text if len(text) <= 160 else text[:157] + "..."
