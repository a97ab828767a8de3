"""Rollups in the data bucket: the Parquet of each closed hour, one row per call.

`rollups/year=2026/month=11/day=21/hour=05/shard-0.parquet` (a layout Athena reads as partitions),
put-if-newer by epoch. Sorted by tenant, then time. docs/reading.md lists the columns.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from itertools import batched
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from bedrock_meter.aws.parquet import MONEY, opened
from bedrock_meter.aws.s3_objects import body_of, put_if_newer
from bedrock_meter.domain.records.schema import SCHEMA_VERSION
from bedrock_meter.domain.records.tenant import tenant_order
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.completeness import THROTTLED
from bedrock_meter.domain.totals.rollup import ClosedCall

ROOT = "rollups/"
_SHARD = 0
_ROWS_PER_GROUP = 64 * 1024
_TEXT = pa.string()
_NAME = pa.dictionary(pa.int32(), pa.string())
_json = msgspec.json.Encoder(order="sorted").encode

# Kinds with a column of their own; other kinds stand in `usage`, as JSON.
_TOKEN_KINDS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)

_COUNTED = ("model_id", "account", "region", "error_code")

type Column = tuple[str, pa.DataType, Callable[[ClosedCall], Any]]

_COLUMNS: tuple[Column, ...] = (
    ("tenant", _NAME, lambda call: call.attribution.tenant),
    ("at", pa.timestamp("us", "UTC"), lambda call: datetime.fromisoformat(call.evidence.at)),
    ("request_id", _TEXT, lambda call: call.evidence.request_id),
    ("status", _NAME, lambda call: call.charge.status),
    ("rule", _NAME, lambda call: call.attribution.rule),
    ("trust", _NAME, lambda call: call.attribution.trust),
    ("conflict", pa.bool_(), lambda call: call.attribution.conflict),
    ("account", _NAME, lambda call: call.evidence.account),
    ("region", _NAME, lambda call: call.evidence.region),
    ("operation", _NAME, lambda call: call.evidence.operation),
    ("model_id", _NAME, lambda call: call.evidence.model_id),
    ("tier", _NAME, lambda call: call.evidence.tier),
    ("principal", _NAME, lambda call: call.evidence.principal),
    ("dimensions", pa.map_(_TEXT, _TEXT), lambda call: list(call.attribution.dimensions.items())),
    *(
        (kind, pa.int64(), lambda call, kind=kind: call.evidence.usage.get(kind, 0))
        for kind in _TOKEN_KINDS
    ),
    ("usage", _NAME, lambda call: _other_usage(call)),
    ("unpriced", _NAME, lambda call: _json_or_none(call.charge.unpriced)),
    ("amount_usd", MONEY, lambda call: call.charge.amount),
    ("priced_usd", MONEY, lambda call: call.charge.priced),
    ("list_usd", MONEY, lambda call: call.charge.list_priced),
    ("contract", _NAME, lambda call: call.charge.contract),
    ("rates", _NAME, lambda call: " ".join(line.rate_id for line in call.charge.lines)),
    ("book", _NAME, lambda call: call.charge.book),
    ("assumptions", _NAME, lambda call: " ".join(call.charge.assumptions)),
    ("reason", _NAME, lambda call: call.charge.reason),
    ("error_code", _NAME, lambda call: call.evidence.error_code),
    ("latency_ms", pa.int64(), lambda call: call.evidence.latency_ms),
    ("first_byte_ms", pa.int64(), lambda call: call.evidence.first_byte_ms),
    ("object_id", _NAME, lambda call: call.object_id),
    ("line", pa.int64(), lambda call: call.evidence.line),
)
SCHEMA = pa.schema([(name, kind) for name, kind, _ in _COLUMNS])


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
    return f"{ROOT}{place}/shard-{_SHARD}.parquet"


def rollup_of(calls: Iterable[ClosedCall], notes: dict[str, str]) -> BytesIO:
    """Write calls as zstd Parquet, sorted by tenant and time."""
    ordered = sorted(calls, key=_order)
    sink = BytesIO()
    schema = SCHEMA.with_metadata({"schema_version": str(SCHEMA_VERSION), **notes})
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for some in batched(ordered, _ROWS_PER_GROUP):
            writer.write_batch(_batch(some))
    sink.seek(0)
    return sink


def _order(call: ClosedCall) -> tuple[object, ...]:
    evidence = call.evidence
    return tenant_order(call.attribution.tenant), evidence.at, call.object_id, evidence.line


def _batch(calls: Sequence[ClosedCall]) -> pa.RecordBatch:
    arrays = [_array(kind, map(value, calls), len(calls)) for _, kind, value in _COLUMNS]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _array(kind: pa.DataType, values: Iterator[Any], count: int) -> pa.Array:
    if kind == MONEY:
        return _money(list(values), count)
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type, size=count).dictionary_encode()
    return pa.array(values, kind, size=count)


def _money(atto: list[int | None], count: int) -> pa.Array:
    """Lay attodollars down as they are: the unscaled integers of decimal128(38, 18)."""
    body = b"".join((amount or 0).to_bytes(16, "little", signed=True) for amount in atto)
    there = None
    if None in atto:
        there = pa.array([amount is not None for amount in atto]).buffers()[1]
    return pa.Array.from_buffers(MONEY, count, [there, pa.py_buffer(body)])


def _other_usage(call: ClosedCall) -> str | None:
    other = {k: n for k, n in call.evidence.usage.items() if k not in _TOKEN_KINDS}
    return _json_or_none(other)


def _json_or_none(value: object) -> str | None:
    return _json(value).decode() if value else None
