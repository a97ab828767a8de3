"""Compact bytes for what DynamoDB and S3 hold: JSON without repetition, deflated.

Only shapes live here, no keys. A body begins with its schema version, in one byte.
"""

import zlib
from collections.abc import Iterable, Mapping
from itertools import accumulate, pairwise
from math import gcd

import msgspec

from bedrock_meter.domain.records.schema import SCHEMA_VERSION, check_schema
from bedrock_meter.domain.records.tenant import Tenant, in_order, tenant_order
from bedrock_meter.domain.records.use import Use
from bedrock_meter.domain.time.hours import Slot
from bedrock_meter.domain.totals.live import SlotTotals
from bedrock_meter.domain.totals.partial import Partial, PartialRow

_encode = msgspec.json.Encoder().encode
_LEVEL = 6
"""Of zlib: 9 takes 0.7 µs a record more (2.3 instead of 1.6), for 0.6 % fewer bytes."""
_COUNTED = tuple(name for name in Use._fields if name != "cost")


def packed_partial(partial: Partial) -> bytes:
    """Write a partial's rows column by column, for like numbers beside each other deflate best."""
    rows = sorted(partial.rows, key=lambda row: (row.model, tenant_order(row.tenant)))
    tenants = _with_numbers(in_order({row.tenant for row in rows}))
    models = _with_numbers(row.model for row in rows)
    kinds = _with_numbers(kind for row in rows for kind in row.usage)
    without_rate = _with_numbers(kind for row in rows for kind in row.unpriced)
    columns = [
        _differences([tenants[row.tenant] for row in rows]),
        _differences([models[row.model] for row in rows]),
        [row.requests for row in rows],
        [row.errors for row in rows],
        _scaled([row.cost for row in rows]),
        [row.unpriced_requests for row in rows],
        *([row.usage.get(kind, 0) for row in rows] for kind in kinds),
        *([row.unpriced.get(kind, 0) for row in rows] for kind in without_rate),
    ]
    return _packed([list(tenants), list(models), list(kinds), list(without_rate), columns])


def unpacked_partial(object_id: str, slot: Slot, version: int, body: bytes) -> Partial:
    """Read what `packed_partial` wrote; its rows by model, then tenant."""
    tenants, models, kinds, without_rate, columns = _unpacked(body)
    tenant, model, requests, errors, costs, unpriced_requests, *quantities = columns
    usages = _by_row(kinds, quantities[: len(kinds)], len(requests))
    unpriced = _by_row(without_rate, quantities[len(kinds) :], len(requests))
    rows = map(
        PartialRow,
        (tenants[number] for number in accumulate(tenant)),
        (models[number] for number in accumulate(model)),
        requests,
        errors,
        usages,
        _whole(costs),
        unpriced_requests,
        unpriced,
    )
    return Partial(object_id, slot, version, tuple(rows))


def _by_row(kinds: list[str], columns: list[list[int]], rows: int) -> list[dict[str, int]]:
    """Return the quantities of each row by kind, zeros left out."""
    found: list[dict[str, int]] = [{} for _ in range(rows)]
    for kind, column in zip(kinds, columns, strict=True):
        for row, quantity in zip(found, column, strict=True):
            if quantity:
                row[kind] = quantity
    return found


def _differences(numbers: list[int]) -> list[int]:
    """Write each number less the one before it: of sorted ones, all are small."""
    return [after - before for before, after in pairwise((0, *numbers))]


def _scaled(amounts: list[int]) -> list[int]:
    """Write amounts as multiples of the largest number that all are multiples of, and that."""
    unit = gcd(*amounts) or 1
    return [unit, *(amount // unit for amount in amounts)]


def _whole(scaled: list[int]) -> list[int]:
    unit, *multiples = scaled
    return [unit * multiple for multiple in multiples]


def packed_slot_totals(totals: SlotTotals) -> bytes:
    """Write the tenants of slot totals column by column, their overflow, and who decreased."""
    tenants = in_order(totals.tenants)
    uses = [totals.tenants[tenant] for tenant in tenants]
    columns = [_scaled([use.cost for use in uses])]
    columns += ([getattr(use, name) for use in uses] for name in _COUNTED)
    return _packed([tenants, columns, totals.overflow, in_order(totals.decreased)])


def unpacked_slot_totals(slot: Slot, version: int, body: bytes) -> SlotTotals:
    """Read what `packed_slot_totals` wrote."""
    tenants, (costs, *counts), overflow, decreased = _unpacked(body)
    named: Mapping[Tenant, Use] = {
        tenant: Use(cost=cost, **dict(zip(_COUNTED, numbers, strict=True)))
        for tenant, cost, *numbers in zip(tenants, _whole(costs), *counts, strict=True)
    }
    return SlotTotals(slot, version, named, Use(*overflow), frozenset(decreased))


def _with_numbers[Name](names: Iterable[Name]) -> dict[Name, int]:
    """Return the names, each with the number of its first appearance."""
    numbers: dict[Name, int] = {}
    for name in names:
        numbers.setdefault(name, len(numbers))
    return numbers


def _packed(value: object) -> bytes:
    return bytes([SCHEMA_VERSION]) + zlib.compress(_encode(value), _LEVEL)


def _unpacked(body: bytes) -> list:  # type: ignore[type-arg]
    check_schema(body[0], "a packed body")
    return msgspec.json.decode(zlib.decompress(body[1:]), type=list)
