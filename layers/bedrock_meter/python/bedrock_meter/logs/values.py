"""JSON that does not keep to lines: values one after the other, or one spread over many lines.

Bedrock writes one record per line; files that people keep are often printed for reading.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# A string never runs over a line end in JSON, so the quotes of each line can be paired alone.
_TOKEN = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"|[{}\[\]]')
_OPENING = b"{["


class Value(NamedTuple):
    """One JSON value, or text between values that is none; the place is that of its beginning."""

    offset: int
    line: int
    text: bytes


def is_open(line: bytes) -> bool:
    """Tell whether a line leaves a bracket open, so that its value may go on below."""
    depth = 0
    for token in _TOKEN.finditer(line):
        first = line[token.start()]
        if first != _QUOTE:
            depth += 1 if first in _OPENING else -1
    return depth > 0


_QUOTE = ord('"')
_COLUMN_0_OBJECT = b"\n{"


class ValueReader:
    """Cuts blocks of whole lines into values.

    With `arrays`, the elements of a top-level array are values of their own.
    """

    def __init__(self, *, arrays: bool) -> None:
        self._arrays = arrays
        self._base = 0
        self._depth = 0
        self._held: list[bytes] = []
        self.held_bytes = 0
        self._start = Value(0, 1, b"")

    def read(self, offset: int, line: int, text: bytes) -> Iterator[Value]:
        """Take in a block, and give the values that end in it."""
        mark = 0
        for token in _TOKEN.finditer(text):
            at = token.start()
            first = text[at]
            if first == _QUOTE:
                continue
            if first in _OPENING:
                if self._depth == self._base:
                    yield from self._between(offset, line, text, mark, at)
                    mark = at
                    if self._enters_array(first):
                        mark = at + 1
                        continue
                    self._begin(offset, line, text, at)
                self._depth += 1
            elif self._depth > self._base:
                self._depth -= 1
                if self._depth == self._base:
                    yield self._end(text[mark : at + 1])
                    mark = at + 1
            elif self._base and first == ord("]"):
                yield from self._between(offset, line, text, mark, at)
                self._base = self._depth = 0
                mark = at + 1
        if self._depth > self._base:
            self._held.append(text[mark:])
            self.held_bytes += len(text) - mark
        else:
            yield from self._between(offset, line, text, mark, len(text))

    def unfinished(self) -> tuple[Value, Value] | None:
        """Give the value that never ended, parted where a line begins with a new object.

        None when there is nothing left.
        """
        if self._depth <= self._base:
            return None
        text = b"".join(self._held)
        cut = text.find(_COLUMN_0_OBJECT) + 1 or len(text)
        offset, line, _ = self._start
        rest = Value(offset + cut, line + text.count(b"\n", 0, cut), text[cut:])
        return Value(offset, line, text[:cut]), rest

    def _enters_array(self, first: int) -> bool:
        if self._arrays and not self._base and first == ord("["):
            self._base = self._depth = 1
            return True
        return False

    def _begin(self, offset: int, line: int, text: bytes, at: int) -> None:
        self._start = Value(offset + at, line + text.count(b"\n", 0, at), b"")
        self._held, self.held_bytes = [], 0

    def _end(self, last: bytes) -> Value:
        whole = b"".join((*self._held, last))
        self._held, self.held_bytes = [], 0
        return self._start._replace(text=whole)

    def _between(
        self, offset: int, line: int, text: bytes, begin: int, end: int
    ) -> Iterator[Value]:
        """Give what stands between two values unless it is blank (or an array's comma)."""
        found = text[begin:end]
        if found.strip(b" \t\r\n," if self._base else b" \t\r\n"):
            yield Value(offset + begin, line + text.count(b"\n", 0, begin), found)
