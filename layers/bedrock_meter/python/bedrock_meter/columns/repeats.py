"""Repeats: request ids that come more than once in an hour and the edges around it.

Ids are compared by 64 bits each: two that differ may look the same, two that are the same never
differ. What looks the same is then read again in full and merged by the rules of
`domain/records/merge.py`.
"""

import re
from array import array
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from bedrock_meter.columns.arrays import int64
from bedrock_meter.logs.columns import Ids

_NAMELESS = -1
"""The key of calls without a request id: each is a call of its own."""
_OTHER = -2
_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_HALF = 8


class RequestKeys:
    """A key for each request id, in the order of the rows; the same for the same id."""

    def __init__(self) -> None:
        self._keys = array("q")

    def add(self, ids: Ids) -> None:
        """Append the request ids of a block."""
        if ids.texts:
            self._keys.extend(map(key_of, ids.texts))
        else:
            self._keys.frombytes(_halves_mixed(ids.uuids))

    def __len__(self) -> int:
        return len(self._keys)

    def column(self) -> pa.Array:
        """Return the keys."""
        return int64(self._keys)


def repeated(columns: Iterable[pa.Array]) -> pa.Array:
    """Return the keys that occur more than once in all columns together, each once."""
    keys = pa.concat_arrays([*columns])
    keys = keys.take(pc.array_sort_indices(keys))
    again = keys[1:].filter(pc.equal(keys[1:], keys[:-1]))
    named = again.filter(pc.not_equal(again, _NAMELESS))
    return named.unique()


def rows_with(keys: pa.Array, wanted: pa.Array) -> pa.Array:
    """Return the rows that have one of these keys."""
    return pc.indices_nonzero(pc.is_in(keys, value_set=wanted))


class FileRows(NamedTuple):
    """Rows of one file, counted from its first."""

    file: int
    rows: list[int]


def places_of(rows: Iterable[int], ends: array[int]) -> Iterator[FileRows]:
    """Part rows, in order, by the file they are in; `ends` are the rows after each file's last."""
    found: FileRows | None = None
    file, begin = 0, 0
    for row in rows:
        while row >= ends[file]:
            begin, file = ends[file], file + 1
        if found is None or found.file != file:
            if found:
                yield found
            found = FileRows(file, [])
        found.rows.append(row - begin)
    if found:
        yield found


def key_of(text: str) -> int:
    """Return the key of one request id."""
    if not text:
        return _NAMELESS
    if _UUID.fullmatch(text):
        (key,) = array("q", _halves_mixed(bytes.fromhex(text.replace("-", ""))))
        return key
    key = hash(text)
    return _OTHER if key == _NAMELESS else key


def _halves_mixed(uuids: bytes) -> bytes:
    """Mix both halves of each UUID into 64 bits: ids that count up differ in the second only."""
    halves = memoryview(uuids).cast("q")
    first, second = bytes(halves[::2]), bytes(halves[1::2])
    mixed = int.from_bytes(first, "little") ^ int.from_bytes(second, "little")
    keys = mixed.to_bytes(len(first), "little")
    if b"\xff" * _HALF in keys:
        keys = array(
            "q", [_OTHER if key == _NAMELESS else key for key in array("q", keys)]
        ).tobytes()
    return keys
