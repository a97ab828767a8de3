"""`python -m engine.simulate_levels`: the table, the picture, and one JSON line at the end."""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from engine.simulate_levels.account import Line, goals_missed, line_of, summary, table_of
from engine.simulate_levels.cast import tenant_of
from engine.simulate_levels.month import Month
from engine.simulate_levels.picture import STORY, Drawn, chosen, draw, drawn_of
from engine.simulate_levels.run import run
from engine.simulate_levels.series import BadSeries, series_in


def main() -> int:
    """Run the month; 1 when a goal is missed, 2 when the series cannot be read."""
    asked = _arguments()
    began = time.monotonic()
    try:
        found = list(_months(asked))
    except BadSeries as problem:
        print(problem, file=sys.stderr)
        return 2
    lines = [line for line, _ in found]
    pictures = [drawn for _, drawn in found if drawn]
    print(table_of(lines))
    if pictures:
        asked.picture.parent.mkdir(parents=True, exist_ok=True)
        asked.picture.write_text(draw(chosen(pictures)), encoding="utf-8")
        print(f"\npicture: {asked.picture}")
    count = sum(line.assessments for line in lines)
    seconds = time.monotonic() - began
    print(f"{len(lines)} tenants, {count} assessments, {seconds:.0f} s")
    numbers = summary(lines)
    missed = goals_missed(numbers)
    for goal in missed:
        print(f"missed: {goal}")
    print(json.dumps(numbers))
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="simulate_levels", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tenants", type=int, default=200)
    parser.add_argument("--series", type=Path, help="run this CSV instead of the cast")
    parser.add_argument("--picture", type=Path, default=Path(".local/levels.svg"))
    return parser.parse_args()


def _months(asked: argparse.Namespace) -> Iterator[tuple[Line, Drawn | None]]:
    with ProcessPoolExecutor() as workers:
        if asked.series:
            months = list(series_in(asked.series))
            yield from workers.map(partial(_assess, seed=asked.seed, shown=True), months)
        else:
            one = partial(_play, asked.seed)
            yield from workers.map(one, range(asked.tenants), chunksize=4)


def _play(seed: int, number: int) -> tuple[Line, Drawn | None]:
    month = tenant_of(seed, number)
    return _assess(month, seed, month.kind in STORY)


def _assess(month: Month, seed: int, shown: bool) -> tuple[Line, Drawn | None]:
    changes = run(month, seed)
    return line_of(changes), drawn_of(changes) if shown else None


if __name__ == "__main__":
    sys.exit(main())
