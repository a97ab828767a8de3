"""The peak memory of one ingest, boto3 and all: the real job on one large object.

    python -m bench.peak FILE

Prints one JSON object: peak in megabytes, records, bytes of the evidence written.
"""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.memory import peak_mb
from bench.wire import ENVIRONMENT, FileWire

KEY = "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/11/20/01"
NAME = "20261120T013000000Z_0123456789abcdef.json.gz"


def main(file: Path) -> None:
    """Meter the file as the function would, then say how much memory it took."""
    os.environ.update(ENVIRONMENT)
    wire = FileWire(file)
    wire.install()
    from bedrock_meter.compose import intake

    now = datetime(2026, 11, 20, 2, tzinfo=UTC)
    report = intake.ingest()(bucket="logs", key=f"{KEY}/{NAME}", is_live=True, now=now)
    print(
        json.dumps(
            {
                "peak_mb": peak_mb(),
                "records": report.records,
                "evidence_bytes": wire.bytes_written,
                "requests": dict(wire.requests),
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
