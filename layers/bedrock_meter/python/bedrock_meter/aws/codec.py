"""Compact bytes for what DynamoDB and S3 hold: JSON without repetition, deflated.

Only shapes live here, no keys. Everything that is written can be read by any later release: a
body begins with the number of its shape.
"""

import zlib
from collections.abc import Iterable, Mapping

import msgspec

from bedrock_meter.domain.board import Board
from bedrock_meter.domain.hours import Slot
from bedrock_meter.domain.partial import Partial, PartialRow
from bedrock_meter.domain.use import Use

_SHAPE = 1
_encode = msgspec.json.Encoder().encode


class UnknownShape(ValueError):
    """The body was written by a release newer than this one."""


def packed_partial(partial: Partial) -> bytes:
    """Write a partial's rows: names once, then numbers only."""
    rows = partial.rows
    tenants = _numbered(row.tenant for row in rows)
    models = _numbered(row.model for row in rows)
    kinds = _numbered(kind for row in rows for kind in (*row.usage, *row.unpriced))
    table = [
        [
            tenants[row.tenant],
            models[row.model],
            row.requests,
            row.errors,
            row.cost,
            row.unpriced_requests,
            *(number for kind, count in row.usage.items() for number in (kinds[kind], count)),
            *(number for kind, count in row.unpriced.items() for number in (~kinds[kind], count)),
        ]
        for row in rows
    ]
    return _packed([list(tenants), list(models), list(kinds), table])


def unpacked_partial(object_id: str, slot: Slot, version: int, body: bytes) -> Partial:
    """Read what `packed_partial` wrote."""
    tenants, models, kinds, table = _unpacked(body)
    rows = tuple(_row(tenants, models, kinds, numbers) for numbers in table)
    return Partial(object_id, slot, version, rows)


def _row(
    tenants: list[str | None], models: list[str], kinds: list[str], numbers: list[int]
) -> PartialRow:
    tenant, model, requests, errors, cost, unpriced_requests, *pairs = numbers
    usage, unpriced = {}, {}
    for kind, count in zip(pairs[::2], pairs[1::2], strict=True):
        if kind >= 0:
            usage[kinds[kind]] = count
        else:
            unpriced[kinds[~kind]] = count
    return PartialRow(
        tenants[tenant], models[model], requests, errors, usage, cost, unpriced_requests, unpriced
    )


def packed_board(board: Board) -> bytes:
    """Write a board's tenants, its overflow, and who shrank."""
    shrunk = sorted(board.shrunk, key=lambda tenant: tenant or "")
    return _packed([list(board.tenants), list(board.tenants.values()), board.overflow, shrunk])


def unpacked_board(slot: Slot, version: int, body: bytes) -> Board:
    """Read what `packed_board` wrote."""
    tenants, uses, overflow, shrunk = _unpacked(body)
    named: Mapping[str | None, Use] = {
        tenant: Use(*use) for tenant, use in zip(tenants, uses, strict=True)
    }
    return Board(slot, version, named, Use(*overflow), frozenset(shrunk))


def _numbered[Name](names: Iterable[Name]) -> dict[Name, int]:
    """Give each name the number of its first appearance."""
    numbers: dict[Name, int] = {}
    for name in names:
        numbers.setdefault(name, len(numbers))
    return numbers


def _packed(value: object) -> bytes:
    return bytes([_SHAPE]) + zlib.compress(_encode(value), 9)


def _unpacked(body: bytes) -> list:  # type: ignore[type-arg]
    if body[0] != _SHAPE:
        raise UnknownShape(f"a body of shape {body[0]}; this release reads shape {_SHAPE}")
    return msgspec.json.decode(zlib.decompress(body[1:]), type=list)
