"""Reading speed: our pipeline beside the floor, DuckDB and the naive handler, as ratios."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import clock, naive, ours, prices_table
from bench.floor import floor_48_120
from bench.ours import truth_of

FLOOR, OURS, NAIVE = "floor_48_120", "ingest", "naive"
WRITING = "ingest, hash, evidence, partials"
OURS_WHOLE, DUCK_WHOLE = "ingest, whole process", "DuckDB, whole process"


@dataclass(frozen=True)
class Speed:
    """Seconds of processor time for one set of files, by candidate, and whether all agree."""

    name: str
    records: int
    raw_bytes: int
    seconds: dict[str, float]
    exact: dict[str, bool]

    def ratio(self, slow: str, fast: str) -> float:
        """Return how many times one candidate needs what another does."""
        return self.seconds[slow] / self.seconds[fast]

    @property
    def over_floor(self) -> float:
        """Our pipeline over the floor, from unpacking to rows."""
        return self.ratio(OURS, FLOOR)

    @property
    def over_floor_with_evidence(self) -> float:
        """The same with the hash of the object, evidence, and packed partials."""
        return self.ratio(WRITING, FLOOR)

    @property
    def naive_over_ingest(self) -> float:
        """The naive handler over our pipeline."""
        return self.ratio(NAIVE, OURS)

    @property
    def duckdb_over_ingest(self) -> float:
        """DuckDB over our pipeline, whole processes both."""
        return self.ratio(DUCK_WHOLE, OURS_WHOLE)


def measure(name: str, paths: list[Path], scratch: Path) -> Speed:
    """Time every candidate on the same files, in turns, and compare their answers.

    The garbage collector is left as Python sets it; our own code sets it as in a function.
    """
    truths = [truth_of(path) for path in paths]
    document = ours.policy_for(truths)
    table = prices_table.table_for(paths)
    csv, policy = scratch / f"{name}.rates.csv", scratch / f"{name}.policy.json"
    prices_table.write(table, csv)
    policy.write_text(json.dumps(document))
    meter, names = ours.WarmMeter(document), [str(path) for path in paths]
    out = {kind: scratch / f"{name}.{kind}.json" for kind in ("ours", "duck")}
    processes = {
        OURS_WHOLE: clock.process(["-m", "bench.ours", str(policy), str(out["ours"]), *names]),
        DUCK_WHOLE: clock.process(["-m", "bench.duck", str(csv), str(out["duck"]), *names]),
    }
    in_process: dict[str, Callable[[], Any]] = {
        FLOOR: lambda: floor_48_120(paths),
        OURS: lambda: meter.run(paths),
        WRITING: lambda: meter.run(paths, writing=True),
        NAIVE: lambda: naive.naive(paths, table),
    }
    with clock.collecting(clock.COLLECT_AS_USUAL):
        seconds = clock.in_turns(in_process)
    seconds |= clock.processes_in_turns(processes)
    right = naive.naive(paths, table)
    return Speed(
        name,
        sum(int(truth["records"]) for truth in truths),
        sum(int(truth["raw_bytes"]) for truth in truths),
        {candidate: clock.least(times) for candidate, times in seconds.items()},
        {
            "counts as in the truth": _counts(right) == _added(truths),
            "ingest": meter.sums(paths) == right,
            "ingest, whole process": json.loads(out["ours"].read_text()) == right,
            "DuckDB": json.loads(out["duck"].read_text()) == right,
        },
    )


def _counts(sums: dict[str, list[int]]) -> dict[str, list[int]]:
    return {key: row[:6] for key, row in sums.items()}


def _added(truths: list[dict[str, Any]]) -> dict[str, list[int]]:
    total: dict[str, list[int]] = {}
    for truth in truths:
        for key, row in truth["agg"].items():
            held = total.setdefault(key, [0] * 6)
            for place, number in enumerate(row):
                held[place] += number
    return total
