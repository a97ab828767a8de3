"""Rollups in the data bucket: the Parquet of each closed hour, one row per call.

`rollups/year=2026/month=11/day=21/hour=05/shard-0.parquet` (a layout Athena reads as partitions),
put-if-newer by epoch. Sorted by tenant, then time. docs/reading.md lists the columns.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from itertools import batched
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bedrock_meter.aws.parquet import opened
from bedrock_meter.aws.s3_objects import body_of, put_if_newer
from bedrock_meter.aws.shard import SHARD
from bedrock_meter.columns.schema import SCHEMA, batch_of, order_of
from bedrock_meter.columns.table import CallTable
from bedrock_meter.domain.records.schema import SCHEMA_VERSION
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.completeness import THROTTLED
from bedrock_meter.domain.totals.rollup import ClosedCall

ROOT = "rollups/"
_ROWS_PER_GROUP = 64 * 1024
_COUNTED = ("model_id", "account", "region", "error_code")


class S3RollupStore:
    """`RollupStore` on S3."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, hour: Hour, epoch: int, calls: Iterable[ClosedCall]) -> bool:
        body = rollup_of(calls, {"hour": hour, "epoch": str(epoch)})
        return put_if_newer(self._s3, self._bucket, key_of(hour), body, epoch)

    def calls_by_model(self, hour: Hour, account: str, region: str) -> Mapping[str, int]:
        body = body_of(self._s3, self._bucket, key_of(hour))
        if body is None:
            return {}
        counts: Counter[str] = Counter()
        file = opened(body, "a rollup")
        for some in file.iter_batches(columns=list(_COUNTED)):
            columns = (some.column(name).to_pylist() for name in _COUNTED)
            for (model, *place, error_code), count in Counter(zip(*columns, strict=True)).items():
                if place == [account, region] and error_code != THROTTLED:
                    counts[model] += count
        return counts


def key_of(hour: Hour) -> str:
    """Return the object of an hour's rollup."""
    year, month, day = hour[:10].split("-")
    place = f"year={year}/month={month}/day={day}/hour={hour[11:]}"
    return f"{ROOT}{place}/shard-{SHARD}.parquet"


def rollup_of(calls: Iterable[ClosedCall], notes: dict[str, str]) -> BytesIO:
    """Write calls as zstd Parquet, sorted by tenant and time."""
    sink = BytesIO()
    schema = SCHEMA.with_metadata({"schema_version": str(SCHEMA_VERSION), **notes})
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for batch in _batches(calls):
            writer.write_batch(batch)
    sink.seek(0)
    return sink


def _batches(calls: Iterable[ClosedCall]) -> Iterator[pa.RecordBatch]:
    if isinstance(calls, CallTable):
        return calls.batches(_ROWS_PER_GROUP)
    return map(batch_of, batched(sorted(calls, key=order_of), _ROWS_PER_GROUP))
