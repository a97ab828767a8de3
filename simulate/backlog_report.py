"""Every backlog at every rate, and the memory of the functions: shown, and assessed.

    python -m simulate backlog          all of it
    python -m simulate backlog NAME …   the cases whose names begin so, nothing else

The last line is one JSON object. The exit code is 1 when a case violates its invariant, or when a
function needs more memory than the template gives it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from bench import peaks
from engine import template
from simulate.backlog import BacklogResult, play
from simulate.backlog_cases import CASES, RATES
from simulate.hourly_machine import ROOT, Function

type Say = Callable[[str], None]


def main(words: Sequence[str], say: Say = print) -> int:
    """Play the cases that are named; or all of them, and measure the functions."""
    chosen = [case for case in CASES if not words or case.name.startswith(tuple(words))]
    with ProcessPoolExecutor(2) as workers:
        # The longest come first, so that both workers end at about the same time.
        measuring = [workers.submit(peaks.measure, name) for name in _measured(words)]
        playing = [
            workers.submit(play, case, rate)
            for rate in reversed(RATES)
            for case in chosen
            if rate in case.rates
        ]
        results = [one.result() for one in playing]
        found = [one.result() for one in measuring]
    return report(results, most_of(found), say)


def _measured(words: Sequence[str]) -> Iterable[str]:
    return () if words else peaks.MEASURED


def most_of(measurements: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the largest peak of each function, in MB."""
    most: dict[str, int] = {}
    for one in measurements:
        most[one["function"]] = max(one["peak_mb"], most.get(one["function"], 0))
    return most


def report(results: Sequence[BacklogResult], peak_mb: Mapping[str, int], say: Say) -> int:
    """Show runs by case and rate, what is wrong, and a JSON summary; return 1 if anything is."""
    memory_mb = memory_of(peak_mb)
    rates = sorted({one.objects for one in results})
    for line in _table(results, rates):
        say(line)
    wrong = [f"{one.name}, {one.objects} an hour: {one.wrong}" for one in results if one.wrong]
    wrong += [
        f"{name} needs {peak_mb[name]} MB, and has {has}"
        for name, has in memory_mb.items()
        if peak_mb[name] > has
    ]
    for line in wrong:
        say(f"WRONG: {line}")
    found = {
        "cases": len(results),
        "recovered": sum(not one.wrong for one in results),
        "worst_runs": max((one.runs for one in results if one.runs is not None), default=0),
        "peak_mb": dict(peak_mb),
        "memory_mb": memory_mb,
    }
    say(json.dumps(found))
    return 1 if wrong else 0


def memory_of(functions: Iterable[str]) -> dict[str, int]:
    """Return the size of functions in the template, in MB."""
    document = template.read(ROOT / "template.yaml")
    return {name: Function(name, document).memory_mb for name in functions}


def _table(results: Sequence[BacklogResult], rates: Sequence[int]) -> Iterable[str]:
    allowed = {case.name: case.most_runs for case in CASES}
    runs = {(one.name, one.objects): "never" if one.runs is None else one.runs for one in results}
    yield _row("runs needed, by log objects an hour", rates, "allowed")
    for name in sorted({one.name for one in results}, key=[*allowed].index):
        cells = [runs.get((name, rate), "–") for rate in rates]
        yield _row(name, cells, allowed[name])


def _row(name: str, cells: Iterable[object], last: object) -> str:
    return f"{name:48}" + "".join(f"{cell:>7}" for cell in cells) + f"{last:>9}"
