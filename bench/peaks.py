"""The peak memory of each function, at what it is made for: the real jobs, a process for each.

    python -m bench.peaks [NAME …]

Adapters, boto3 and the libraries of the layer are loaded as on Lambda; behind the clients of boto3
lie files. What is not in it: the runtime of Lambda itself (some 20 MB) and bodies of HTTP answers,
a megabyte at most. Prints one JSON object per measurement.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import busiest
from bench.memory import peak_mb
from bench.place import ENVIRONMENT, FunctionPlace

MEASURED: dict[str, tuple[str, Callable[[FunctionPlace], None]]] = {
    "hour": ("CloseDay", busiest.close_large_hour),
    "month": ("CloseDay", busiest.close_month),
    "assess": ("AssessTenants", busiest.assess_tenants),
    "plan": ("PlanHours", busiest.plan_hours),
    "ingest": ("Ingest", busiest.ingest),
    "fold": ("FoldSlot", busiest.fold_slot),
}
"""The function, and what it is given to do; the longest first."""
PREPARED: dict[str, Callable[[FunctionPlace], None]] = {
    "hour": busiest.prepare_large_hour,
    "ingest": busiest.prepare_ingest,
}


def measure(name: str) -> dict[str, Any]:
    """Measure in a process of its own; prepare in another one what needs much memory itself."""
    function, _ = MEASURED[name]
    with tempfile.TemporaryDirectory(prefix="peaks-") as folder:
        command = [sys.executable, "-m", "bench.peaks"]
        if name in PREPARED:
            subprocess.run([*command, "--prepare", name, folder], check=True)
        done = subprocess.run(
            [*command, "--measure", name, folder], check=True, stdout=subprocess.PIPE, text=True
        )
    return {"name": name, "function": function, **json.loads(done.stdout.splitlines()[-1])}


def _here(name: str, folder: Path) -> dict[str, float]:
    os.environ.update(ENVIRONMENT)
    begun = time.process_time()
    MEASURED[name][1](FunctionPlace(folder))
    return {"peak_mb": round(peak_mb()), "cpu_seconds": round(time.process_time() - begun, 1)}


def main(words: list[str]) -> None:
    """Do what the command line asks for."""
    match words:
        case ["--prepare", name, folder]:
            PREPARED[name](FunctionPlace(Path(folder)))
        case ["--measure", name, folder]:
            print(json.dumps(_here(name, Path(folder))))
        case _:
            for name in words or MEASURED:
                print(json.dumps(measure(name)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
