"""Columns: a block of an evidence file, in which every field of many calls stands beside its like.

A file is a line with its schema version, then blocks, each behind its length (4 bytes,
little-endian) and each MessagePack of a `Block` (`logs/packing.py`); gzip goes around it all. What
repeats (caller, model, metadata) is named once in a block and then stands as a number. Numbers take
as many bytes as the largest of their column needs, all lowest bytes first, then all second ones:
what hardly changes packs to nearly nothing, and a reader has a whole column without looking at
single rows. It needs msgspec and the standard library, so the ingest carries no library for columns
(docs/decisions/0018-evidence-in-columns.md).
"""

from array import array
from collections.abc import Sequence
from itertools import accumulate
from operator import sub
from typing import Any

import msgspec

UUID_TEXT = 36
"""Characters of a UUID as text."""
DASHES = (8, 13, 18, 23)
"""Where its dashes stand."""
MICROSECONDS = 1_000_000
"""Microseconds in a second."""

_TYPES = {1: "B", 2: "H", 4: "I", 8: "q"}
_BYTES = 8
_BEYOND = 1 << 63


class Ints(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Whole numbers from 0 up, of `width` bytes each; width 0: all are zero.

    `is_step`: each number is the distance to the one before it.
    """

    width: int
    is_step: bool
    planes: bytes


class Names(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Texts of which few differ: the different ones, and for each row which of them it has."""

    values: list[str | None]
    codes: Ints


class Sets(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Metadata, like `Names`; each different set is JSON."""

    values: list[bytes | None]
    codes: Ints


class Lists(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Lists of words, like `Names`."""

    values: list[list[str]]
    codes: Ints


class Ids(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Request ids: 16 bytes each where all of a block are UUIDs, otherwise texts."""

    uuids: bytes
    texts: list[str]


class Times(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Times of one hour, in `unit`s of so many microseconds since it began.

    With a unit of 0 they are the texts in `names`: times that differ in their hour.
    """

    hour: str
    unit: int
    numbers: Ints
    names: Names


class Usages(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """The kinds that each row has, in its order, and a column of quantities for every kind."""

    shapes: Lists
    quantities: dict[str, Ints]


NO_INTS = Ints(0, False, b"")
NO_NAMES = Names([], NO_INTS)


def ints_of(values: Sequence[int], top: int) -> Ints:
    """Pack numbers, of which the largest is given; ValueError when one does not fit."""
    if not top:
        return NO_INTS
    return Ints(width := _width_of(top), False, _planes(values, width))


def steps_of(values: Sequence[int]) -> Ints:
    """Pack numbers that mostly rise, by their distances where they never fall."""
    top = max(values)
    if top < 1 << 8:
        return ints_of(values, top)
    steps = [values[0], *map(sub, values[1:], values)]
    if min(steps) < 0:
        return ints_of(values, top)
    return Ints(width := _width_of(max(steps)), True, _planes(steps, width))


def numbers_in(ints: Ints, rows: int) -> array[int]:
    """Return the numbers of a column; ValueError when it has not so many rows."""
    if len(ints.planes) != ints.width * rows or not 0 <= ints.width <= _BYTES:
        raise ValueError("a column has not as many rows as its block")
    raw = bytearray(rows * _BYTES)
    for plane in range(ints.width):
        raw[plane::_BYTES] = ints.planes[plane * rows : (plane + 1) * rows]
    numbers = array("q")
    numbers.frombytes(raw)
    return array("q", accumulate(numbers)) if ints.is_step else numbers


def codes_in(column: Names | Sets | Lists, rows: int) -> array[int]:
    """Return for each row the number of its value; ValueError when there is no such value."""
    codes = numbers_in(column.codes, rows)
    if not column.values or max(codes) >= len(column.values):
        raise ValueError("a row has a value that its block does not name")
    return codes


def _width_of(top: int) -> int:
    if top >= _BEYOND:
        raise ValueError(f"{top} is too large a number")
    return next(width for width in (1, 2, 4, 8) if top < 1 << 8 * width)


def _planes(values: Sequence[int], width: int) -> bytes:
    try:
        raw = array(_TYPES[width], values).tobytes()
    except OverflowError:
        raise ValueError("a number is below zero") from None
    return b"".join([raw[plane::width] for plane in range(width)]) if width > 1 else raw


def numbered(values: Sequence[Any]) -> tuple[list[Any], Ints]:
    """Return the different values in the order of their first row, and each row as its number."""
    first = values[0]
    if values.count(first) == len(values):
        return [first], NO_INTS
    numbers = {value: number for number, value in enumerate(dict.fromkeys(values))}
    codes = [numbers[value] for value in values]
    return [*numbers], ints_of(codes, len(numbers) - 1)
