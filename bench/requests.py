"""What the processor does for each request: the shipped adapters and boto3, over real sockets.

    python -m bench.requests

A server in a process of its own answers every request alike; its time is not counted. Prints
milliseconds of processor time by kind of request, as one JSON object. TLS is not in it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from bedrock_meter.compose.stores import Stores
from bedrock_meter.domain.records.log_object import LogObject, log_object_of
from bedrock_meter.domain.records.waiting import Waiting
from bedrock_meter.domain.time.hours import Day, Hour, Month
from bedrock_meter.domain.totals.total import ModelUse, Total
from bedrock_meter.ports import Closing, EvidenceFile
from bench.canned import KEYS_A_PAGE, ROWS_A_PAGE, the_key

HOUR, DAY, MONTH = Hour("2026-11-21T09"), Day("2026-11-21"), Month("2026-11")
NOW = datetime(2026, 11, 21, 11, tzinfo=UTC)
TOTAL = Total(
    requests=120,
    usage={"input_tokens": 99_000, "output_tokens": 9_000},
    cost=12_345_678_900_000_000,
    models={f"global.anthropic.claude-{n}": ModelUse(40, 36_000, 4 * 10**15) for n in range(3)},
    rules={"request_metadata": 120},
    timed=120,
    latency_ms=360_000,
)


def main() -> None:
    """Start the server, measure every kind, print."""
    command = [sys.executable, "-m", "bench.canned"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            print(json.dumps(measured(server.stdout.readline().strip())))
        finally:
            server.terminate()


def measured(endpoint: str) -> dict[str, float]:
    """Return milliseconds of processor time by kind of request."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": endpoint}
    return {
        name: round(milliseconds(work, repeats) / parts, 2)
        for name, (work, repeats, parts) in _kinds(endpoint).items()
    }


def milliseconds(work: Callable[[], Any], repeats: int) -> float:
    """Time what this process does, the first time left out."""
    work()
    begun = time.process_time()
    for _ in range(repeats):
        work()
    return 1000 * (time.process_time() - begun) / repeats


def _kinds(endpoint: str) -> dict[str, tuple[Callable[[], Any], int, int]]:
    """Return what is measured: the work, how often, and how many requests of the kind it makes."""
    return {**_of_s3(), **_of_tables(), **_of_sweeps(endpoint)}


def _of_s3() -> dict[str, tuple[Callable[[], Any], int, int]]:

    stores = _stores()
    evidence, closings, manifests = stores.evidence, stores.closings, stores.manifests
    files = [EvidenceFile(HOUR, the_key(n), 3_000) for n in range(200)]  # type: ignore[arg-type]
    closing = Closing(HOUR, 7, {f"tenant-{n:03d}": TOTAL for n in range(200)}, ())
    return {
        "evidence file, 20 calls": (lambda: [list(f) for _, f in evidence.read_all(files)], 2, 200),
        "list 1,000 keys": (lambda: evidence.files(HOUR), 5, 1),
        "manifest that is not there": (lambda: manifests.read("missing"), 100, 1),
        "put a closing of 200 tenants": (lambda: closings.put(closing), 10, 1),
    }


def _of_tables() -> dict[str, tuple[Callable[[], Any], int, int]]:

    from bedrock_meter.compose.closing import side_by_side
    from bedrock_meter.jobs.sum_up import sum_days, sum_months

    hours, usage = _stores().hours, _stores().usage
    totals = {f"tenant-{n:03d}": TOTAL for n in range(200)}

    def sum_up() -> None:
        sum_days(DAY, totals, usage, side_by_side)
        sum_months(MONTH, totals, usage, side_by_side)

    return {
        "get an item": (lambda: hours.row(HOUR), 200, 1),
        "update an item": (lambda: hours.ask(HOUR), 200, 1),
        "put a tenant's hour": (lambda: usage.put_hours(HOUR, 7, totals), 2, 200),
        "sum up a tenant's day and month": (sum_up, 1, 200),
    }


def _of_sweeps(endpoint: str) -> dict[str, tuple[Callable[[], Any], int, int]]:

    from bedrock_meter.aws.dynamodb_waiting import PARTITIONS

    stores = _stores(f"{endpoint}/queue")
    live, waits, logs, queue = stores.live, stores.waits, stores.logs, stores.queue
    objects = [log_object_of("logs", the_key(n)) for n in range(1_000)]
    waiting = [Waiting(one.bucket, one.key, NOW) for one in objects]
    rows = PARTITIONS * ROWS_A_PAGE // 1_000
    return {
        "list 1,000 log objects": (lambda: list(_page(logs)), 3, 1),
        "look up 100 log objects": (lambda: live.undone(one.object_id for one in objects), 5, 10),
        "read 1,000 that wait": (waits.waiting, 2, rows),
        "note 25 that wait": (lambda: waits.wait(waiting), 5, 40),
        "announce 10": (lambda: queue.announce(objects), 3, 100),
    }


def _stores(queue: str = "") -> Stores:
    from bedrock_meter.compose.functions import client, table

    names = SimpleNamespace(
        data_bucket="data",
        log_bucket="logs",
        log_prefix="",
        partials_table="Partials",
        hours_table="Hours",
        usage_table="Usage",
        ingest_queue_url=queue,
        partial_days=35,
        object_row_days=400,
    )
    return Stores(names, client, table, clock=lambda: NOW)


def _page(logs: Any) -> Iterable[LogObject]:
    found = list(logs._files("AWSLogs/111122223333/"))
    assert len(found) == KEYS_A_PAGE
    return found


if __name__ == "__main__":
    main()
