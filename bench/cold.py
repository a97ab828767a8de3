"""Cold start: what it costs to import a function and join its job, beside boto3 alone.

boto3 alone is the least any function of this kind needs: the import and two clients. A function
that makes fewer clients can take less than that.
"""

import json
import os
from pathlib import Path

from bench import clock, place, wire

FUNCTIONS = Path(__file__).parents[1] / "functions"
TIMED = """
import json, sys, time
begun = time.process_time()
{work}
print(json.dumps(time.process_time() - begun))
"""
BOTO3, INGEST = "boto3", "ingest"
BOTO3_ALONE = "import boto3; boto3.client('s3'); boto3.client('dynamodb')"
JOINED = (
    "sys.path.insert(0, {folder!r}); import app; getattr(app, 'job', getattr(app, 'fold', None))()"
)
ENVIRONMENT = {"LOG_OBJECT_DAYS": "400", "TOLERANCE_PERCENT": "1", "LOG_PREFIX": ""}


def starts() -> dict[str, float]:
    """Return the seconds of processor time of each function, and of boto3: the least of turns."""
    os.environ.update(place.ENVIRONMENT | wire.ENVIRONMENT | ENVIRONMENT)
    works = {BOTO3: BOTO3_ALONE}
    for folder in sorted(path.parent for path in FUNCTIONS.glob("*/app.py")):
        works[folder.name] = JOINED.format(folder=str(folder))
    candidates = {
        name: clock.process(["-c", TIMED.format(work=work)]) for name, work in works.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(clock.ALTERNATIONS + 1):
        for name, run in candidates.items():
            took = json.loads(run().splitlines()[-1])
            if turn:  # The first one compiles.
                seconds[name].append(took)
    return {name: clock.least(times) for name, times in seconds.items()}
