"""Parquet, the one place that imports pyarrow: schemas of closings, corrections and rollups.

Money columns are decimal128(38, 18). Schemas only ever grow; a change of a column is an entry in
the changelog and a new `schema_version`.
"""

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from bedrock_meter.domain.pricing.money import atto_of, usd_of
from bedrock_meter.domain.totals.total import ModelUse, Total

SCHEMA_VERSION = "1"
MONEY = pa.decimal128(38, 18)
_ROWS_PER_GROUP = 128 * 1024

TOTAL_FIELDS = [
    ("requests", pa.int64()),
    ("errors", pa.int64()),
    ("cost_usd", MONEY),
    ("unpriced_requests", pa.int64()),
    ("conflicts", pa.int64()),
    ("latency_calls", pa.int64()),
    ("latency_sum_ms", pa.int64()),
    ("usage", pa.string()),
    ("unpriced", pa.string()),
    ("models", pa.string()),
    ("rules", pa.string()),
]

CLOSING = pa.schema([("tenant", pa.string()), *TOTAL_FIELDS])
CORRECTION = pa.schema(
    [
        ("tenant", pa.string()),
        ("hour", pa.string()),
        ("old_epoch", pa.int64()),
        ("new_epoch", pa.int64()),
        ("charge_class", pa.string()),
        ("difference_usd", MONEY),
        *((f"old_{name}", kind) for name, kind in TOTAL_FIELDS),
        *((f"new_{name}", kind) for name, kind in TOTAL_FIELDS),
    ]
)

_json = msgspec.json.Encoder(order="sorted").encode
_counts = msgspec.json.Decoder(dict[str, int]).decode
_models = msgspec.json.Decoder(dict[str, tuple[int, int, int]]).decode


def written(table: pa.Table, notes: Mapping[str, str]) -> bytes:
    """Write a table as zstd Parquet; `notes` become key-value metadata of the file."""
    metadata = {"schema_version": SCHEMA_VERSION, **notes}
    sink = BytesIO()
    pq.write_table(
        table.replace_schema_metadata(metadata),
        sink,
        compression="zstd",
        row_group_size=_ROWS_PER_GROUP,
    )
    return sink.getvalue()


def table_of(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Make a table of rows; a value that does not fit its column is an error, never a null."""
    return pa.Table.from_pylist(list(rows), schema=schema)


def notes_in(body: bytes) -> dict[str, str]:
    """Read the key-value metadata of a file."""
    metadata = pq.read_metadata(BytesIO(body)).metadata or {}
    return {name.decode(): text.decode() for name, text in metadata.items()}


def rows_in(body: bytes) -> list[dict[str, Any]]:
    """Read all rows of a file."""
    rows: list[dict[str, Any]] = pq.read_table(BytesIO(body)).to_pylist()
    return rows


def total_row(total: Total) -> dict[str, Any]:
    """Write a total as columns; maps are JSON text with sorted keys."""
    return {
        "requests": total.requests,
        "errors": total.errors,
        "cost_usd": usd_of(total.cost),
        "unpriced_requests": total.unpriced_requests,
        "conflicts": total.conflicts,
        "latency_calls": total.timed,
        "latency_sum_ms": total.latency_ms,
        "usage": _text(total.usage),
        "unpriced": _text(total.unpriced),
        "models": _text(total.models),
        "rules": _text(total.rules),
    }


def total_in(row: Mapping[str, Any], prefix: str = "") -> Total:
    """Read a total from its columns."""
    return Total(
        requests=row[prefix + "requests"],
        errors=row[prefix + "errors"],
        usage=_counts(row[prefix + "usage"]),
        cost=atto_of(row[prefix + "cost_usd"]),
        unpriced_requests=row[prefix + "unpriced_requests"],
        unpriced=_counts(row[prefix + "unpriced"]),
        models={
            name: ModelUse(*numbers) for name, numbers in _models(row[prefix + "models"]).items()
        },
        rules=_counts(row[prefix + "rules"]),
        conflicts=row[prefix + "conflicts"],
        timed=row[prefix + "latency_calls"],
        latency_ms=row[prefix + "latency_sum_ms"],
    )


def _text(value: object) -> str:
    return _json(value).decode()
