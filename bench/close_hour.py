"""How long one close of an hour takes, and how much memory: 100,000 and 1,000,000 calls.

    python -m bench.close_hour [CALLS …]

The real job on evidence that lie in files, 2,000 calls each, of 200 tenants; DynamoDB and S3 are
memory that forgets, the Parquet is really written. A close is a process of its own, so that its
peak is the job's alone. Prints one JSON object per size.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from bedrock_meter import prices
from bedrock_meter.aws.s3_rollups import rollup_of
from bedrock_meter.domain.evidence import PRESENT, Evidence
from bedrock_meter.domain.hours import Hour, text_of
from bedrock_meter.domain.policy import DEFAULT_POLICY
from bedrock_meter.domain.rollup import ClosedCall
from bedrock_meter.domain.total import Total
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.jobs.close_hour import close_hour
from bedrock_meter.local.hours import MemoryHourTable
from bedrock_meter.local.objects import MemoryClosingStore
from bedrock_meter.logs.spool import EvidenceSpool, evidence_in
from bench.memory import peak_mb

HOUR = Hour("2026-11-21T09")
BEGAN = datetime(2026, 11, 21, 9, tzinfo=UTC)
SIZES = (100_000, 1_000_000)
CALLS_PER_OBJECT = 2_000
TENANTS = 200
MODELS = (
    "global.anthropic.claude-haiku-4-5-20251001-v1:0",
    "global.anthropic.claude-opus-4-5-20251101-v1:0",
    "amazon.nova-lite-v1:0",
    "openai.gpt-oss-120b-1:0",
)


class FileEvidence:
    """`EvidenceStore` on a folder; the hours around have no evidence."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def object_ids(self, hour: Hour) -> list[str]:
        return sorted(file.name for file in self._folder.iterdir()) if hour == HOUR else []

    def read(self, _hour: Hour, object_id: str) -> Iterator[Evidence]:
        with (self._folder / object_id).open("rb") as file:
            yield from evidence_in(file)


class Forgotten:
    """`UsageTable` and `RollupStore` that count what they are given; the Parquet is written."""

    def __init__(self) -> None:
        self.totals = self.parquet_bytes = 0

    def put_hours(self, _hour: Hour, _epoch: int, totals: Mapping[str | None, Total]) -> None:
        self.totals = len(totals)

    def put(self, hour: Hour, epoch: int, calls: Iterable[ClosedCall]) -> bool:
        body = rollup_of(calls, {"hour": hour, "epoch": str(epoch)})
        self.parquet_bytes = len(body.getbuffer())
        return True


def main(sizes: Iterable[int]) -> None:
    """Measure each size."""
    for calls in sizes:
        with tempfile.TemporaryDirectory(prefix="close-hour-") as folder:
            _write(Path(folder), calls)
            command = [sys.executable, "-m", "bench.close_hour", "--close", folder]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
        print(json.dumps({"calls": calls, **json.loads(done.stdout)}))


def close(folder: Path) -> dict[str, object]:
    """Close the hour whose evidence lie in a folder."""
    kept = Forgotten()
    before = resource.getrusage(resource.RUSAGE_SELF)
    began = time.perf_counter()
    close_hour(
        HOUR,
        now=BEGAN + timedelta(minutes=80),
        hours=MemoryHourTable(),
        evidence=FileEvidence(folder),  # type: ignore[arg-type]
        closings=MemoryClosingStore(),
        usage=kept,  # type: ignore[arg-type]
        rollups=kept,  # type: ignore[arg-type]
        valuation_for=lambda _: Valuation(DEFAULT_POLICY, prices.shipped()),
    )
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "seconds": round(took, 1),
        "cpu_seconds": round(cpu, 1),
        "peak_mb": int(peak_mb()),
        "parquet_mb": round(kept.parquet_bytes / (1 << 20), 1),
        "tenants": kept.totals,
    }


def _write(folder: Path, calls: int) -> None:
    random = Random(7)
    for first in range(0, calls, CALLS_PER_OBJECT):
        spool = EvidenceSpool()
        count = min(CALLS_PER_OBJECT, calls - first)
        spool.add(HOUR, (_evidence(random, first + n, n + 1, calls) for n in range(count)))
        (folder / f"object-{first:09d}").write_bytes(spool.files()[HOUR].read())
        spool.close()


def _evidence(random: Random, number: int, line: int, calls: int) -> Evidence:
    at = BEGAN + timedelta(microseconds=3_600_000_000 * number // calls)
    tenant = min(int(random.paretovariate(1.1)), TENANTS)
    return Evidence(
        line=line,
        request_id=f"{random.getrandbits(128):032x}",
        at=text_of(at),
        account="111122223333",
        region="us-east-1",
        operation="Converse",
        model_id=random.choice(MODELS),
        principal=f"arn:aws:sts::111122223333:assumed-role/app/{random.randrange(20)}",
        metadata={"tenantId": f"tenant-{tenant:03d}", "application": "chat"},
        usage={"input_tokens": random.randrange(1, 9000), "output_tokens": random.randrange(900)},
        counts=PRESENT,
        error_code=None,
        tier="standard",
        body_model=None,
        latency_ms=random.randrange(200, 9000),
        first_byte_ms=None,
        assumptions=[],
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--close"]:
        print(json.dumps(close(Path(sys.argv[2]))))
    else:
        main(map(int, sys.argv[1:] or map(str, SIZES)))
