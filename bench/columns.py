"""What evidence and a close cost in one format or engine and in another.

    python -m bench.columns [formats|engines|imports]

Formats: packed lines (JSON lines of arrays, each set of metadata shown once), the blocks of
`logs/columns.py`, Arrow IPC and Parquet, both zstd with dictionary columns. Engines: the work on
one gathered hour that is not Python's (request ids that repeat, sums by caller and price, sorting,
Parquet), by pyarrow and by DuckDB, one thread, a process each. Processor time of one core, the
median of several turns.
"""

import gzip
import io
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from isal import igzip_lib

from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.logs.spool import blocks_in, evidence_file
from bench import clock
from bench.evidence import PART, SETS, bench_calls, calls_with
from bench.memory import peak_mb

SIZES = (35, 350, 2_000)
ROWS, TENANTS, PRICES = 1_000_000, 20_000, 8
_TURNS = 5
_encode = msgspec.json.Encoder().encode

type Calls = Sequence[Evidence]


def packed_lines(calls: Calls) -> bytes:
    """Write calls as lines, a set of metadata in full where it comes first."""
    shown: dict[bytes, int] = {}
    rows = []
    for call in calls:
        row: list[Any] = [*call]
        text = _encode(call.metadata)
        row[8] = shown.get(text, call.metadata)
        shown.setdefault(text, len(shown))
        rows.append(row)
    text = msgspec.json.Encoder().encode_lines(rows)
    members = [text[at : at + (128 << 10)] for at in range(0, len(text), 128 << 10)]
    return b"".join(igzip_lib.compress(one, 1, igzip_lib.COMP_GZIP) for one in members)


def blocks(calls: Calls) -> bytes:
    """Write calls as the ingest does."""
    with evidence_file(PART, calls) as body:
        return body.read()


def arrow_ipc(calls: Calls) -> bytes:
    """Write calls as an Arrow file."""
    table, sink = arrow_table(calls), io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return sink.getvalue()


def parquet(calls: Calls) -> bytes:
    """Write calls as Parquet."""
    sink = io.BytesIO()
    pq.write_table(arrow_table(calls), sink, compression="zstd")
    return sink.getvalue()


def arrow_table(calls: Calls) -> pa.Table:
    """Lay calls down in columns of Arrow: names as dictionaries, a column of numbers a kind."""
    of: dict[str, Sequence[Any]] = dict(
        zip(Evidence._fields, zip(*calls, strict=True), strict=True)
    )
    columns: dict[str, pa.Array] = {
        name: pa.array(of[name], pa.int64()) for name in ("line", "latency_ms", "first_byte_ms")
    }
    columns["request_id"] = pa.array(of["request_id"], pa.string())
    times = [datetime.fromisoformat(text) for text in of["at"]]
    columns["at"] = pa.array(times, pa.timestamp("us", "UTC"))
    for name in ("account", "region", "operation", "model_id", "principal", "counts", "tier"):
        columns[name] = pa.array(of[name], pa.string()).dictionary_encode()
    for name in ("error_code", "body_model"):
        columns[name] = pa.array(of[name], pa.string()).dictionary_encode()
    sets = [one and _encode(one) for one in of["metadata"]]
    columns["metadata"] = pa.array(sets, pa.string()).dictionary_encode()
    words = [" ".join(one) for one in of["assumptions"]]
    columns["assumptions"] = pa.array(words, pa.string()).dictionary_encode()
    for kind in dict.fromkeys(kind for usage in of["usage"] for kind in usage):
        columns[kind] = pa.array([usage.get(kind) for usage in of["usage"]], pa.int64())
    return pa.table(columns)


READERS: dict[Callable[[Calls], bytes], Callable[[bytes], object]] = {
    packed_lines: lambda body: msgspec.json.Decoder(tuple[Any, ...]).decode_lines(
        gzip.decompress(body)
    ),
    blocks: lambda body: list(blocks_in(io.BytesIO(body))),
    arrow_ipc: lambda body: pa.ipc.open_file(body).read_all(),
    parquet: lambda body: pq.read_table(io.BytesIO(body)),
}


def formats() -> None:
    """Print bytes a call, and the time to write and to read one."""
    cases = {name: calls_with(number_of) for name, number_of in SETS.items()}
    cases["make bench, 2 KB"] = bench_calls()
    print(f"{'':18}{'calls':>6}  {'':14}{'bytes':>8}{'write µs':>10}{'read µs':>9}")
    for name, calls in cases.items():
        for size in SIZES:
            for write, read in READERS.items():
                some = calls[:size]
                body = write(some)
                wrote = _microseconds(lambda w=write, s=some: w(s), size)
                took = _microseconds(lambda r=read, b=body: r(b), size)
                numbers = f"{len(body) / size:8.1f}{wrote:10.2f}{took:9.2f}"
                print(f"{name:18}{size:6}  {write.__name__:14}{numbers}", flush=True)


def _microseconds(run: Callable[[], object], calls: int) -> float:
    times = max(1, 4_000 // calls)
    seconds = []
    for _ in range(_TURNS):
        begun = time.process_time()
        for _ in range(times):
            run()
        seconds.append(time.process_time() - begun)
    return median(seconds) / times / calls * 1e6


def imports() -> None:
    """Print what an ingest would load first."""
    for what in ("msgspec", "msgspec, pyarrow", "msgspec, pyarrow, pyarrow.parquet", "duckdb"):
        code = (
            f"import time; a = time.process_time(); import {what}; "
            "seconds = time.process_time() - a; from bench.memory import peak_mb; "
            "print(seconds, peak_mb())"
        )
        found = [clock.process(["-c", code])().split() for _ in range(_TURNS)]
        milliseconds = median(float(seconds) for seconds, _ in found) * 1e3
        peak = median(float(megabytes) for _, megabytes in found)
        print(f"import {what:36}{milliseconds:7.0f} ms{peak:7.0f} MB")


def gathered_hour(file: Path) -> None:
    """Write what a close has gathered of an hour, as columns."""
    random = Random(7)
    numbers = range(ROWS)
    table = pa.table(
        {
            "key": pa.array([random.getrandbits(62) for _ in numbers], pa.int64()),
            "request_id": pa.array([f"{random.getrandbits(128):032x}" for _ in numbers]),
            "who": pa.array([number % TENANTS for number in numbers], pa.int32()),
            "price": pa.array([random.randrange(PRICES) for _ in numbers], pa.int32()),
            "at": pa.array([number * 3_600 for number in numbers], pa.int64()),
            "object": pa.array([number // 2_000 for number in numbers], pa.int32()),
            "line": pa.array([number % 2_000 for number in numbers], pa.int64()),
            "input": pa.array([random.randrange(9_000) for _ in numbers], pa.int64()),
            "output": pa.array([random.randrange(900) for _ in numbers], pa.int64()),
        }
    )
    with pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def by_pyarrow(file: Path, out: Path) -> int:
    """Do the work of a close by pyarrow; return how many sums there are."""
    pa.set_cpu_count(1)
    table = pa.ipc.open_file(pa.memory_map(str(file))).read_all().combine_chunks()
    keys = table["key"].combine_chunks()
    keys = keys.take(pc.array_sort_indices(keys))
    assert not pc.any(pc.equal(keys[1:], keys[:-1])).as_py()
    sums = table.group_by(["who", "price"], use_threads=False).aggregate(
        [("input", "sum"), ("output", "sum"), ("who", "count")]
    )
    order = [(name, "ascending") for name in ("who", "at", "object", "line")]
    rows = pc.sort_indices(table.select([name for name, _ in order]), order)
    with pq.ParquetWriter(out, table.schema, compression="zstd") as writer:
        for first in range(0, len(rows), 64 * 1024):
            writer.write_table(table.take(rows.slice(first, 64 * 1024)))
    return int(sums.num_rows)


def by_duckdb(file: Path, out: Path) -> int:
    """Do the same by DuckDB."""
    import duckdb

    base = duckdb.connect()
    base.execute("set threads = 1")
    table = pa.ipc.open_file(pa.memory_map(str(file))).read_all()
    base.register("calls", table)
    again = base.execute("select key from calls group by key having count(*) > 1").fetchall()
    assert not again
    sums = base.execute(
        "select who, price, sum(input), sum(output), count(*) from calls group by all"
    ).fetchall()
    base.execute(
        f"""copy (select * from calls order by who, "at", object, line) to '{out}' """
        "(format parquet, compression zstd, row_group_size 65536)"
    )
    return len(sums)


def engines() -> None:
    """Print processor time and memory of each engine."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "hour.arrow"
        gathered_hour(file)
        for name in ("pyarrow", "duckdb"):
            command = [sys.executable, "-m", "bench.columns", f"--{name}", str(file)]
            found = [
                json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
                for _ in range(_TURNS)
            ]
            seconds = median(one["seconds"] for one in found)
            peak = median(one["peak_mb"] for one in found)
            print(f"{name:10}{seconds * 1e6 / ROWS:8.2f} µs a call{peak:8.0f} MB")


def _engine(work: Callable[[Path, Path], int], file: Path) -> None:
    begun = time.process_time()
    work(file, file.with_suffix(".parquet"))
    print(json.dumps({"seconds": time.process_time() - begun, "peak_mb": peak_mb()}))


def main(words: list[str]) -> None:
    """Measure what is asked for, or everything."""
    match words:
        case ["--pyarrow", file]:
            _engine(by_pyarrow, Path(file))
        case ["--duckdb", file]:
            _engine(by_duckdb, Path(file))
        case _:
            parts = {"formats": formats, "imports": imports, "engines": engines}
            print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            for name in words or parts:
                parts[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
