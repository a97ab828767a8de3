"""Cutting inflated text at line ends, without ever copying a byte more than twice."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bedrock_meter.logs.gunzip import DecodeError

MOST_LINE_BYTES = 16 << 20


class Block(NamedTuple):
    """Whole lines; only the last block of an object may lack its line end.

    `offset` is where the block begins in the inflated object, in bytes.
    """

    offset: int
    text: bytes


class LongLine(NamedTuple):
    """A line beyond the limit: only its place, length and SHA-256 (hex) are left."""

    offset: int
    length: int
    sha256: str


class Torn(NamedTuple):
    """Where the text broke off because the object cannot be unpacked any further.

    `text` is the last line as far as it came, `reason` that of the `DecodeError`.
    """

    offset: int
    text: bytes
    reason: str


def blocks(
    pieces: Iterable[bytes], most_line_bytes: int = MOST_LINE_BYTES
) -> Iterator[Block | LongLine | Torn]:
    """Cut pieces of text into blocks of whole lines, each about as large as a piece.

    A line longer than the limit is hashed as it passes and never held whole. A `DecodeError` of
    `pieces` ends the blocks with a `Torn`.
    """
    cutter = _Cutter(most_line_bytes)
    try:
        for piece in pieces:
            yield from cutter.cut(piece)
    except DecodeError as error:
        yield from cutter.torn(error.reason)
    else:
        yield from cutter.rest()


class _Cutter:
    """What is left of the pieces so far: the beginning of a line, or of one that is too long."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._offset = 0
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._long: _Long | None = None

    def cut(self, piece: bytes) -> Iterator[Block | LongLine]:
        """Take in a piece; yield what it completes."""
        if self._held or self._long:
            end = piece.find(b"\n")
            self._hold(piece if end < 0 else piece[:end])
            if end < 0:
                return
            if self._long:
                yield self._long_line()
                self._offset += 1
                piece = piece[end + 1 :]
            else:
                piece = piece[end:]
        end = piece.rfind(b"\n") + 1
        if end:
            text = b"".join((*self._held, piece[:end])) if self._held else piece[:end]
            yield self._block(text)
            self._held_bytes = 0
            self._held = []
        if end < len(piece):
            self._hold(piece[end:])

    def rest(self) -> Iterator[Block | LongLine]:
        """Return the line that has no end yet."""
        if self._long:
            yield self._long_line()
        elif self._held:
            yield self._block(b"".join(self._held))
        self._held, self._held_bytes = [], 0

    def torn(self, reason: str) -> Iterator[LongLine | Torn]:
        """Return what is left when no more pieces can come."""
        if self._long:
            yield self._long_line()
        yield Torn(self._offset, b"".join(self._held), reason)

    def _long_line(self) -> LongLine:
        assert self._long
        line = LongLine(self._offset, self._long.length, self._long.hash.hexdigest())
        self._offset += line.length
        self._long = None
        return line

    def _block(self, text: bytes) -> Block:
        block = Block(self._offset, text)
        self._offset += len(text)
        return block

    def _hold(self, part: bytes) -> None:
        """Keep a part of the line, or only its hash once the line is too long."""
        if self._long is None:
            self._held.append(part)
            self._held_bytes += len(part)
            if self._held_bytes > self._most:
                self._long = _Long()
                for held in self._held:
                    self._long.add(held)
                self._held, self._held_bytes = [], 0
        else:
            self._long.add(part)


class _Long:
    """Hash and length of a line that is passing by."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.length = 0

    def add(self, part: bytes) -> None:
        self.hash.update(part)
        self.length += len(part)
