"""What deriving and laying down a large hour costs: from its evidence to its Parquet.

    python -m bench.closing [CALLS [CALLS_PER_OBJECT [TENANTS]]]

The hour lies between two like it, whose facing quarters are read as well. S3 is a folder; the
requests of DynamoDB are not in it (`python -m bench.peaks hour` measures a whole close). Prints one
JSON object: microseconds of processor time a call, seconds, the peak in megabytes.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bedrock_meter.domain.time.hours import Hour, neighbours
from bench.large_hours import write_hour
from bench.memory import peak_mb
from bench.place import ENVIRONMENT, FunctionPlace
from bench.pretend import FolderS3

HOUR = Hour("2026-10-15T09")
MILLION = (1_000_000, 2_000, 20_000)
FIVE_MILLION = (5_000_000, 1_000, 20_000)
"""Calls, calls per log object, tenants."""


def measure(calls: int, calls_per_object: int, tenants: int) -> dict[str, float]:
    """Write an hour in one process, derive it in another."""
    with tempfile.TemporaryDirectory(prefix="closing-") as folder:
        numbers = [str(number) for number in (calls, calls_per_object, tenants)]
        command = [sys.executable, "-m", "bench.closing"]
        subprocess.run([*command, "--write", folder, *numbers], check=True)
        done = subprocess.run(
            [*command, "--derive", folder, numbers[0]], check=True, capture_output=True, text=True
        )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _write(folder: Path, calls: int, calls_per_object: int, tenants: int) -> None:
    before, after = neighbours(HOUR)
    s3 = FolderS3(folder)
    for hour, parts in ((HOUR, ("00", "15", "45")), (before, ("45",)), (after, ("00",))):
        write_hour(s3, hour, calls, tenants, parts=parts, calls_per_object=calls_per_object)


def _derive(folder: Path, calls: int) -> dict[str, float]:
    from bedrock_meter import prices
    from bedrock_meter.aws.s3_rollups import rollup_of
    from bedrock_meter.columns.derive import derived_in_columns
    from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
    from bedrock_meter.domain.totals.valuation import Valuation
    from bedrock_meter.jobs.derive_calls import files_of

    os.environ.update(ENVIRONMENT)
    place = FunctionPlace(folder)
    place.furnish()
    store = place.stores.evidence
    begun = time.process_time()
    valuation = Valuation(DEFAULT_POLICY, prices.shipped())
    hour = derived_in_columns(HOUR, files_of(HOUR, store), store, valuation)
    rollup_of(hour.calls, {})
    seconds = time.process_time() - begun
    assert sum(total.requests for total in hour.totals.values()) == calls
    return {
        "us_per_call": round(seconds * 1e6 / calls, 2),
        "seconds": round(seconds, 1),
        "peak_mb": round(peak_mb()),
        "tenants": len(hour.totals),
    }


def main(words: list[str]) -> None:
    """Do what the command line asks for."""
    match words:
        case ["--write", folder, *numbers]:
            calls, calls_per_object, tenants = map(int, numbers)
            _write(Path(folder), calls, calls_per_object, tenants)
        case ["--derive", folder, calls]:
            print(json.dumps(_derive(Path(folder), int(calls))))
        case _:
            given = [int(word) for word in words]
            print(json.dumps(measure(*given, *MILLION[len(given) :])))


if __name__ == "__main__":
    main(sys.argv[1:])
