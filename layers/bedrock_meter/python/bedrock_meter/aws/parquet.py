"""Parquet: the schemas of closings and corrections, and what all files of Parquet share.

Money columns are decimal128(38, 18). Schemas only ever grow (domain/records/schema).
"""

from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from bedrock_meter.aws.total_columns import COLUMNS, DOLLARS, TotalColumn
from bedrock_meter.columns.schema import MONEY
from bedrock_meter.domain.pricing.money import atto_of, usd_of
from bedrock_meter.domain.records.schema import SCHEMA_VERSION, check_schema
from bedrock_meter.domain.totals.total import Total

_ROWS_PER_GROUP = 128 * 1024
_encode = msgspec.json.Encoder(order="sorted").encode


class _Form(NamedTuple):
    """How a kind of column of a total is laid down, written and read; maps are JSON text."""

    laid_down: pa.DataType
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def form_of(column: TotalColumn) -> _Form:
    """Return how a column is stored."""
    if column.kind == DOLLARS:
        return _Form(MONEY, usd_of, atto_of)
    if column.kind is int:
        return _Form(pa.int64(), int, int)
    decode = msgspec.json.Decoder(column.kind).decode
    return _Form(pa.string(), lambda value: _encode(value).decode(), decode)


_TOTAL = {column: form_of(column) for column in COLUMNS}


def total_fields(prefix: str = "") -> list[tuple[str, pa.DataType]]:
    """Return the columns of a total, for a schema."""
    return [(prefix + column.name, form.laid_down) for column, form in _TOTAL.items()]


CLOSING = pa.schema([("tenant", pa.string()), *total_fields()])
CORRECTION = pa.schema(
    [
        ("tenant", pa.string()),
        ("hour", pa.string()),
        ("old_epoch", pa.int64()),
        ("new_epoch", pa.int64()),
        ("charge_class", pa.string()),
        ("difference_usd", MONEY),
        *total_fields("old_"),
        *total_fields("new_"),
    ]
)


def written(table: pa.Table, notes: Mapping[str, str]) -> bytes:
    """Write a table as zstd Parquet; `notes` become key-value metadata of the file."""
    metadata = {"schema_version": str(SCHEMA_VERSION), **notes}
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


def opened(body: bytes, what: str) -> pq.ParquetFile:
    """Open a file; raise `UnknownSchema` when another release wrote `what` it is."""
    file = pq.ParquetFile(BytesIO(body))
    check_schema(int(notes_in(file).get("schema_version", 0)), what)
    return file


def notes_in(file: pq.ParquetFile) -> dict[str, str]:
    """Read the key-value metadata of a file."""
    metadata = file.metadata.metadata or {}
    return {name.decode(): text.decode() for name, text in metadata.items()}


def rows_in(file: pq.ParquetFile) -> list[dict[str, Any]]:
    """Read all rows of a file."""
    rows: list[dict[str, Any]] = file.read().to_pylist()
    return rows


def total_row(total: Total) -> dict[str, Any]:
    """Write a total as columns."""
    return {
        column.name: form.write(getattr(total, column.field)) for column, form in _TOTAL.items()
    }


def total_in(row: Mapping[str, Any], prefix: str = "") -> Total:
    """Read a total from its columns; one that the file does not have is as `Total` begins."""
    return Total(
        **{
            column.field: form.read(row[prefix + column.name])
            for column, form in _TOTAL.items()
            if prefix + column.name in row
        }
    )
