"""Many histories, and one of them step by step."""

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

from simulate.history import History

_MOST_SHOWN = 5


def main(words: Sequence[str]) -> int:
    """Run what the command line asks for; 1 if anything differs."""
    if words and words[0] == "replay":
        return replay(int(words[1]), print)
    seeds = int(os.environ.get("SEEDS") or 10_000)
    first = int(os.environ.get("FROM") or 0)
    return simulate(range(first, first + seeds), print)


def simulate(seeds: range, say: Callable[[str], None]) -> int:
    """Play histories; 1 if any of them differs."""
    begun, wrong = time.perf_counter(), 0
    for seed in seeds:
        differences = History(seed).play()
        if differences:
            wrong += 1
            if wrong <= _MOST_SHOWN:
                say(f"seed {seed}: {differences[0]}")
                say(f"    python -m simulate replay {seed}")
    took = time.perf_counter() - begun
    say(f"{len(seeds) / took:.0f} histories/s")
    say(f"{len(seeds)} histories, {wrong} differences")
    return 1 if wrong else 0


def replay(seed: int, say: Callable[[str], None]) -> int:
    """Play one history and tell every step."""
    history = History(seed)
    history.trace = say

    def told(store: str, method: str, args: tuple[Any, ...], answer: Any, fate: str) -> None:
        task = history.stage.current
        name = task.name if task else ""
        texts = ", ".join(_short(arg) for arg in args)
        end = f" ({fate})" if fate else ""
        say(
            f"  {history.world.wire.calls:5d} {name:24s} {store}.{method}({texts})"
            f" -> {_short(answer)}{end}"
        )

    history.world.wire.trace = told
    differences = history.play()
    for difference in differences:
        say(f"WRONG: {difference}")
    say(f"1 histories, {1 if differences else 0} differences")
    return 1 if differences else 0


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 160 else text[:157] + "..."
