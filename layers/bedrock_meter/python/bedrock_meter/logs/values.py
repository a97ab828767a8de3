"""JSON that does not keep to lines: values one after the other, or one spread over many lines.

Bedrock writes one record per line; files that people keep are often printed for reading.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

# A string never runs over a line end in JSON, so the quotes of each line can be paired alone. One
# that a cut line leaves open ends with the line: sought again from each of its escaped quotes, it
# would take time in the square of its length.
_TOKEN = re.compile(rb'"(?:[^"\\\n]++|\\.)*+"?|[{}\[\]]')
_OPENING = b"{["
_QUOTE, _CLOSING = b'"]'
_COLUMN_0_OBJECT = b"\n{"


class Value(NamedTuple):
    """One JSON value, or text between values that is none; the place is that of its beginning."""

    offset: int
    line: int
    text: bytes


def is_open(line: bytes) -> bool:
    """Return whether a line leaves a bracket open, so that its value may go on below."""
    depth = 0
    for _, bracket in _brackets(line):
        depth += 1 if bracket in _OPENING else -1
    return depth > 0


def _brackets(text: bytes) -> Iterator[tuple[int, int]]:
    """Yield the brackets that stand outside of strings, each with its place."""
    for token in _TOKEN.finditer(text):
        at = token.start()
        if text[at] != _QUOTE:
            yield at, text[at]


class _Block:
    """A block of whole lines; `line_at` counts each of its line ends once."""

    def __init__(self, offset: int, line: int, text: bytes) -> None:
        self.offset = offset
        self.text = text
        self._line = line
        self._counted = 0

    def line_at(self, place: int) -> int:
        """Number the line of a place that is not before the place asked for last."""
        self._line += self.text.count(b"\n", self._counted, place)
        self._counted = place
        return self._line


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
        # Where in the block at hand the value that is open begins.
        self._from = 0

    def read(self, offset: int, line: int, text: bytes) -> Iterator[Value]:
        """Take in a block; yield the values that end in it."""
        block = _Block(offset, line, text)
        mark = 0
        for at, bracket in _brackets(text):
            if bracket in _OPENING:
                if self._depth == self._base:
                    yield from self._between(block, mark, at)
                    mark = self._begin(block, at)
                else:
                    self._depth += 1
            elif self._depth > self._base:
                self._depth -= 1
                if self._depth == self._base:
                    mark = at + 1
                    yield self._end(text[self._from : mark])
            elif self._base and bracket == _CLOSING:
                yield from self._between(block, mark, at)
                self._base = self._depth = 0
                mark = at + 1
        if self._depth > self._base:
            self._hold(text[self._from :])
        else:
            yield from self._between(block, mark, len(text))

    def unfinished(self) -> tuple[Value, Value] | None:
        """Return the value that never ended, parted where a line begins with a new object.

        None when there is nothing left.
        """
        if self._depth <= self._base:
            return None
        text = b"".join(self._held)
        cut = text.find(_COLUMN_0_OBJECT) + 1 or len(text)
        offset, line, _ = self._start
        rest = Value(offset + cut, line + text.count(b"\n", 0, cut), text[cut:])
        return Value(offset, line, text[:cut].rstrip(b"\r\n")), rest

    def _begin(self, block: _Block, at: int) -> int:
        """Begin a value, or enter the array of values; return where the text after it begins."""
        if self._arrays and not self._base and block.text[at] in b"[":
            self._base = self._depth = 1
            return at + 1
        self._start = Value(block.offset + at, block.line_at(at), b"")
        self._from = at
        self._depth += 1
        return at

    def _hold(self, part: bytes) -> None:
        """Keep what a block holds of a value that goes on in the next."""
        self._held.append(part)
        self.held_bytes += len(part)
        self._from = 0

    def _end(self, last: bytes) -> Value:
        whole = b"".join((*self._held, last))
        self._held, self.held_bytes = [], 0
        return self._start._replace(text=whole)

    def _between(self, block: _Block, begin: int, end: int) -> Iterator[Value]:
        """Return what stands between two values unless it is blank (or an array's comma)."""
        found = block.text[begin:end]
        if found.strip(b" \t\r\n," if self._base else b" \t\r\n"):
            yield Value(block.offset + begin, block.line_at(begin), found)
