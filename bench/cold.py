"""Cold start: what it costs to import the ingest function and join its job, beside boto3 alone.

boto3 alone is the least any function of this kind needs: the import and two clients.
"""

import json
import os
from pathlib import Path

from bench import clock
from bench.wire import ENVIRONMENT

FUNCTION = Path(__file__).parents[1] / "functions" / "ingest"
TIMED = """
import json, sys, time
begun = time.process_time()
{work}
print(json.dumps(time.process_time() - begun))
"""
BOTO3 = "import boto3; boto3.client('s3'); boto3.client('dynamodb')"
INGEST = f"sys.path.insert(0, {str(FUNCTION)!r}); import app; app.job()"


def import_over_boto3() -> tuple[float, float]:
    """Return the seconds of processor time of the function and of boto3 alone, medians of turns."""
    os.environ.update(ENVIRONMENT)
    candidates = {
        name: clock.process(["-c", TIMED.format(work=work)])
        for name, work in (("ingest", INGEST), ("boto3", BOTO3))
    }
    for run in candidates.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(clock.ALTERNATIONS):
        for name, run in candidates.items():
            seconds[name].append(json.loads(run().splitlines()[-1]))
    return clock.median(seconds["ingest"]), clock.median(seconds["boto3"])
