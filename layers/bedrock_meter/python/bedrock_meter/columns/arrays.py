"""Small things of Arrow: Python's arrays as columns, and where codes begin."""

from array import array
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc


def int64(numbers: array[int]) -> pa.Array:
    """Return numbers of 64 bits as a column, without a copy."""
    return pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])


def int32(numbers: array[int]) -> pa.Array:
    """Return numbers of 32 bits as a column, without a copy."""
    return pa.Array.from_buffers(pa.int32(), len(numbers), [None, pa.py_buffer(numbers)])


def codes32(numbers: Sequence[int]) -> pa.Array:
    """Return small numbers as a column of 32 bits."""
    return int32(array("i", numbers))


def places(count: int) -> pa.Array:
    """Return 0, 1, 2, …: a place for each of so many calls."""
    return int64(array("q", range(count)))


def different(codes: pa.Array) -> list[int]:
    """Return the different codes of a column, sorted."""
    return sorted(codes.unique().to_pylist())


def first_places(codes: pa.Array, at: pa.Array) -> dict[int, int]:
    """Return the least place at which each code occurs; `at` are the places of the codes."""
    found = pa.table({"code": codes, "at": at}).group_by("code", use_threads=False)
    least = found.aggregate([("at", "min")])
    return dict(zip(least["code"].to_pylist(), least["at_min"].to_pylist(), strict=True))


def joined(major: pa.Array, minor: pa.Array | None, sizes: int) -> pa.Array:
    """Return one code of 64 bits for two; `sizes` is how many of the second there are."""
    if minor is None or sizes == 1:
        return major
    return pc.add(pc.multiply(major.cast(pa.int64()), sizes), minor.cast(pa.int64()))
