"""The command: many histories, one of them call by call, mutations, the explorer."""

import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simulate.explorer import Explorer
from simulate.history import History
from simulate.killing import MOST_SEEDS, first_kill
from simulate.mutations import MUTATIONS
from simulate.start import StartingPoint
from simulate.starting_points import STARTING_POINTS

SEEDS = 10_000
_MOST_SHOWN = 5

type Say = Callable[[str], None]


def main(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run what the command line asks for; 1 if anything is wrong, 2 if the request is unclear.

    Without words: histories; before them, unless SEEDS chooses some, mutations and the explorer.
    """
    try:
        work = _work_for(list(words), environment)
    except ValueError as problem:
        print(f"simulate: {problem}", file=sys.stderr)
        return 2
    return work()


def _work_for(words: list[str], environment: Mapping[str, str]) -> Callable[[], int]:
    match words:
        case ["replay", seed]:
            number = _number("the seed to replay", seed)
            return lambda: replay(number, print)
        case ["mutations"]:
            return lambda: kill(print)
        case ["explore"]:
            return lambda: explore(print)
        case []:
            seeds, first = environment.get("SEEDS"), _number("FROM", environment.get("FROM") or "0")
            number = _number("SEEDS", seeds or str(SEEDS))
            return lambda: _all(range(first, first + number), is_chosen=bool(seeds))
    raise ValueError(f"{' '.join(words)!r} is none of: replay SEED, mutations, explore, or nothing")


def _number(name: str, text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{name} is {text!r}, not a whole number from 0 on")
    return int(text)


def _all(seeds: range, *, is_chosen: bool) -> int:
    failed = 0 if is_chosen else max(kill(print), explore(print))
    return max(failed, simulate(seeds, print))


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
                say(f"    make simulate SEED={seed}")
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
        by = "no seed" if killed.seed is None else f"seed {killed.seed}"
        say(f"{mutation}: noticed by {by}  {killed.violation[:100]}")
    say(f"{len(MUTATIONS)} mutations, {survivors} unnoticed within {MOST_SEEDS} seeds")
    return 1 if survivors else 0


def explore(say: Say, starts: Sequence[StartingPoint] = STARTING_POINTS) -> int:
    """Explore every starting point; 1 if any of them has a counterexample."""
    states = failed = 0
    for start in starts:
        found = Explorer(start).explore()
        states += found.states
        failed += bool(found.wrong)
        end = f"{found.ends} ends, {found.seconds:.1f} s"
        say(f"{start.name}: {found.states} states, {end}{', WRONG' if found.wrong else ''}")
        for line in (*found.trace, found.wrong) if found.wrong else ():
            say(f"    {line}")
    say(f"{len(starts)} starting points, {states} states, {failed} with a counterexample")
    return 1 if failed else 0


def replay(seed: int, say: Say) -> int:
    """Play one history and print every call."""
    history = History(seed)
    history.trace = say

    def trace(store: str, method: str, args: tuple[Any, ...], answer: Any, fault: str) -> None:
        task = history.scheduler.current
        name = task.name if task else ""
        texts = ", ".join(_short(arg) for arg in args)
        end = f" ({fault})" if fault else ""
        number = history.world.wire.calls
        say(f"  {number:5d} {name:24s} {store}.{method}({texts}) -> {_short(answer)}{end}")

    history.world.wire.trace = trace
    differences = history.play()
    for difference in differences:
        say(f"WRONG: {difference}")
    say(f"1 histories, {1 if differences else 0} differences")
    return 1 if differences else 0


_SET = re.compile(r"frozenset\(\{([^{}]*)\}\)")


def _in_order(found: re.Match[str]) -> str:
    return "frozenset({" + ", ".join(sorted(found[1].split(", "))) + "})"


def _short(value: Any) -> str:
    """Write a value on a part of a line, the same in every process."""
    if isinstance(value, set | frozenset):
        value = sorted(value, key=str)
    is_open = hasattr(value, "read") or hasattr(value, "__enter__")
    text = type(value).__name__ if is_open else _SET.sub(_in_order, repr(value))
    return text if len(text) <= 160 else text[:157] + "..."
