"""Codes: values that repeat, numbered once, so that a column of them is a column of numbers."""

from array import array
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import repeat
from typing import Any


class Codes[Value: Hashable]:
    """The different values of a column, in the order they came; `of` numbers one of them."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self._numbers: dict[Value, int] = {}

    def of(self, value: Value) -> int:
        """Return the number of a value, a new one if it did not come before."""
        number = self._numbers.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number


type Column = tuple[Sequence[Any], array[int] | None]
"""Different values, and which of them each row has; None: all have the first one."""


def combined(
    columns: Sequence[Column], number_of: Callable[[tuple[Any, ...]], int], rows: int
) -> array[int]:
    """Number the rows of a block by several of its columns together.

    `number_of` is asked once for each combination that occurs.
    """
    moving = [codes for _, codes in columns if codes is not None]
    if not moving:
        return array("i", [number_of(tuple(values[0] for values, _ in columns))]) * rows
    if len(moving) == 1:
        (codes,) = moving
        each = (repeat(values[0]) if one is None else values for values, one in columns)
        numbers = [number_of(one) for one in zip(*each, strict=False)]
        return array("i", map(numbers.__getitem__, codes))
    keys = list(zip(*moving, strict=True))
    different = list(set(keys))
    known = dict(zip(different, map(number_of, _combinations(columns, different)), strict=True))
    return array("i", map(known.__getitem__, keys))


def _combinations(
    columns: Sequence[Column], keys: Sequence[tuple[int, ...]]
) -> Iterator[tuple[Any, ...]]:
    """Return what the columns hold where the moving ones have these codes."""
    codes = iter(zip(*keys, strict=True))
    each = (
        repeat(values[0]) if one is None else map(values.__getitem__, next(codes))
        for values, one in columns
    )
    return zip(*each, strict=False)
