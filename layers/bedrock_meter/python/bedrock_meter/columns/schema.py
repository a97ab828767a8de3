"""The columns of a rollup, and how calls and money become columns."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa

from bedrock_meter.domain.records.tenant import tenant_order
from bedrock_meter.domain.totals.rollup import ClosedCall

MONEY = pa.decimal128(38, 18)
TEXT = pa.string()
NAME = pa.dictionary(pa.int32(), pa.string())
DIMENSIONS = pa.map_(TEXT, TEXT)
_BYTES_OF_MONEY = 16

# Kinds with a column of their own; other kinds stand in `usage`, as JSON.
TOKEN_KINDS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)

_json = msgspec.json.Encoder(order="sorted").encode

type Column = tuple[str, pa.DataType, Callable[[ClosedCall], Any]]

_COLUMNS: tuple[Column, ...] = (
    ("tenant", NAME, lambda call: call.attribution.tenant),
    ("at", pa.timestamp("us", "UTC"), lambda call: datetime.fromisoformat(call.evidence.at)),
    ("request_id", TEXT, lambda call: call.evidence.request_id),
    ("status", NAME, lambda call: call.charge.status),
    ("rule", NAME, lambda call: call.attribution.rule),
    ("trust", NAME, lambda call: call.attribution.trust),
    ("conflict", pa.bool_(), lambda call: call.attribution.conflict),
    ("account", NAME, lambda call: call.evidence.account),
    ("region", NAME, lambda call: call.evidence.region),
    ("operation", NAME, lambda call: call.evidence.operation),
    ("model_id", NAME, lambda call: call.evidence.model_id),
    ("tier", NAME, lambda call: call.evidence.tier),
    ("principal", NAME, lambda call: call.evidence.principal),
    ("dimensions", DIMENSIONS, lambda call: list(call.attribution.dimensions.items())),
    *(
        (kind, pa.int64(), lambda call, kind=kind: call.evidence.usage.get(kind, 0))
        for kind in TOKEN_KINDS
    ),
    ("usage", NAME, lambda call: other_usage(call.evidence.usage)),
    ("unpriced", NAME, lambda call: json_or_none(call.charge.unpriced)),
    ("amount_usd", MONEY, lambda call: call.charge.amount),
    ("priced_usd", MONEY, lambda call: call.charge.priced),
    ("list_usd", MONEY, lambda call: call.charge.list_priced()),
    ("contract", NAME, lambda call: call.charge.contract),
    ("rates", NAME, lambda call: " ".join(line.term.rate_id for line in call.charge.lines())),
    ("book", NAME, lambda call: call.charge.book),
    ("assumptions", NAME, lambda call: " ".join(call.charge.assumptions)),
    ("reason", NAME, lambda call: call.charge.reason),
    ("error_code", NAME, lambda call: call.evidence.error_code),
    ("latency_ms", pa.int64(), lambda call: call.evidence.latency_ms),
    ("first_byte_ms", pa.int64(), lambda call: call.evidence.first_byte_ms),
    ("object_id", NAME, lambda call: call.object_id),
    ("line", pa.int64(), lambda call: call.evidence.line),
)
SCHEMA = pa.schema([(name, kind) for name, kind, _ in _COLUMNS])


def order_of(call: ClosedCall) -> tuple[object, ...]:
    """Sort calls by tenant, then time, then where they were logged."""
    evidence = call.evidence
    # Without its `Z` a time with a fraction follows the whole second.
    return tenant_order(call.attribution.tenant), evidence.at[:-1], call.object_id, evidence.line


def batch_of(calls: Sequence[ClosedCall]) -> pa.RecordBatch:
    """Turn calls into rows of a rollup."""
    arrays = [_array(kind, map(value, calls), len(calls)) for _, kind, value in _COLUMNS]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def money_of(atto: Iterable[int | None]) -> pa.Array:
    """Lay attodollars down as they are: the unscaled integers of decimal128(38, 18)."""
    amounts = list(atto)
    body = b"".join(
        (amount or 0).to_bytes(_BYTES_OF_MONEY, "little", signed=True) for amount in amounts
    )
    there = None
    if None in amounts:
        there = pa.array([amount is not None for amount in amounts]).buffers()[1]
    return pa.Array.from_buffers(MONEY, len(amounts), [there, pa.py_buffer(body)])


def other_usage(usage: Mapping[str, int]) -> str | None:
    """Write the quantities of kinds without a column of their own."""
    return json_or_none({k: n for k, n in usage.items() if k not in TOKEN_KINDS})


def json_or_none(value: object) -> str | None:
    """Write JSON with sorted keys; None for nothing."""
    return _json(value).decode() if value else None


def _array(kind: pa.DataType, values: Iterator[Any], count: int) -> pa.Array:
    if kind == MONEY:
        return money_of(values)
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type, size=count).dictionary_encode()
    return pa.array(values, kind, size=count)
