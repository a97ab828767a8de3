"""How long one audit of an hour takes, and how much memory: log objects of 14 KB and 2 KB records.

    python -m bench.audit_hour [FILES]

The real job with the plain reader, on so many log objects of 2,000 calls of each kind; S3 and
DynamoDB are memory. An audit is a process of its own, so that its peak is the job's alone. Prints
one JSON object per kind.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from bedrock_meter import prices
from bedrock_meter.compose.auditing import plain_reader
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
from bedrock_meter.domain.records.log_object import LogObject, log_object_of
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.audit import Audit
from bedrock_meter.domain.totals.hour_row import HourRow
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.audit_hour import AuditStores, audit_hour
from bedrock_meter.jobs.reread_objects import NO_BOUNDS
from bedrock_meter.local.hours import MemoryHourTable
from bedrock_meter.local.manifests import MemoryManifestStore
from bedrock_meter.local.objects import MemoryClosingStore, MemoryEvidenceStore
from bedrock_meter.local.usage import MemoryUsageTable
from bedrock_meter.ports import Closing
from bench.data import LARGE, SMALL, files_of
from bench.memory import peak_mb

HOUR = Hour("2026-11-20T01")
FOLDER = "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/11/20/01"
ROOT = Path(".local/bench")
FILES = 2


class FolderOfLogs:
    """`LogStore` on files, all delivered in one hour."""

    def __init__(self, files: list[Path]) -> None:
        self._files = {
            log_object_of("logs", f"{FOLDER}/20261120T013000000Z_{number:016d}.json.gz"): file
            for number, file in enumerate(files)
        }

    @contextmanager
    def open(self, log_object: LogObject) -> Iterator[BinaryIO]:
        with self._files[log_object].open("rb") as file:
            yield file

    def delivered(self, hour: Hour) -> Iterator[LogObject]:
        yield from self._files if hour == HOUR else ()

    def under(self, _prefix: str) -> Iterator[LogObject]:
        yield from self._files


def main(files: int) -> None:
    """Measure each kind."""
    for kind in (LARGE, SMALL):
        paths = files_of(replace(kind, files=files), ROOT)
        command = [sys.executable, "-m", "bench.audit_hour", "--audit", *map(str, paths)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        print(json.dumps({"kind": kind.name, **json.loads(done.stdout)}))


def audit(files: list[Path]) -> dict[str, object]:
    """Audit the hour twice: once to learn what is right, once to be measured."""
    stores = _stores(FolderOfLogs(files))
    for one in _audited(stores).tenants:
        stores.usage.put_hours(HOUR, 1, {one.tenant: one.recomputed})
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    found = _audited(stores)
    took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "differences": found.differences(),
        "log_objects": found.read,
        "calls": found.calls,
        "mb_delivered": round(found.size / (1 << 20), 1),
        "tenants": found.compared,
        "seconds": round(took, 1),
        "cpu_seconds": round(cpu, 1),
        "peak_mb": int(peak_mb()),
    }


def _audited(stores: AuditStores) -> Audit:
    valuation = Valuation(DEFAULT_POLICY, prices.shipped())
    return audit_hour(
        HOUR,
        stores=stores,
        reader=plain_reader(NO_BOUNDS),
        valuation_for=lambda _: valuation,
        remaining=lambda: timedelta(days=1),
    )


def _stores(logs: FolderOfLogs) -> AuditStores:
    hours, manifests = MemoryHourTable(), MemoryManifestStore()
    hours.kept[HOUR] = HourRow(HOUR, epoch=1, cleaned=0, published=1)
    for item in logs.delivered(HOUR):
        noted = Manifest(item.object_id, item.bucket, item.key, "", 1, 1, settled=True)
        manifests.put(noted, None)
    closings = MemoryClosingStore()
    closings.put(Closing(HOUR, 1, {}, ()))
    return AuditStores(hours, logs, manifests, MemoryEvidenceStore(), closings, MemoryUsageTable())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--audit"]:
        print(json.dumps(audit([Path(name) for name in sys.argv[2:]])))
    else:
        main(int(sys.argv[1]) if sys.argv[1:] else FILES)
