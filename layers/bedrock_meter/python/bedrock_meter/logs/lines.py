"""Cutting inflated text at line ends; only a line that two pieces share is copied."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bedrock_meter.logs.gunzip import DecodeError

MOST_LINE_BYTES = 16 << 20


class Block(NamedTuple):
    """Whole lines; only the last block of an object may lack its line end.

    `offset` is where the block begins in the inflated object, in bytes. The lines are what lies
    between `begin` and `end` of `piece`.
    """

    offset: int
    piece: bytes
    begin: int
    end: int

    @property
    def text(self) -> bytes:
        """The lines, copied where they are only a part of the piece."""
        return self.piece[self.begin : self.end]

    def view(self) -> memoryview:
        """Return the lines without a copy."""
        return memoryview(self.piece)[self.begin : self.end]


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
        begin = 0
        if self._held or self._long:
            begin = piece.find(b"\n") + 1
            self._hold(piece[: begin - 1] if begin else piece)
            if not begin:
                return
            yield self._long_line(ended=True) if self._long else self._shared_line(b"\n")
        end = piece.rfind(b"\n", begin) + 1
        if end:
            yield self._block(piece, begin, end)
        begin = end or begin
        if begin < len(piece):
            self._hold(piece[begin:])

    def rest(self) -> Iterator[Block | LongLine]:
        """Return the line that has no end yet."""
        if self._long:
            yield self._long_line()
        elif self._held:
            yield self._shared_line()

    def torn(self, reason: str) -> Iterator[LongLine | Torn]:
        """Return what is left when no more pieces can come."""
        if self._long:
            yield self._long_line()
        yield Torn(self._offset, b"".join(self._held), reason)

    def _shared_line(self, line_end: bytes = b"") -> Block:
        """Return the line that is held as a block of its own.

        Joined with the lines behind it, all of them would be copied.
        """
        line = b"".join((*self._held, line_end))
        self._held, self._held_bytes = [], 0
        return self._block(line, 0, len(line))

    def _long_line(self, *, ended: bool = False) -> LongLine:
        assert self._long
        line = LongLine(self._offset, self._long.length, self._long.hash.hexdigest())
        self._offset += line.length + ended
        self._long = None
        return line

    def _block(self, piece: bytes, begin: int, end: int) -> Block:
        block = Block(self._offset, piece, begin, end)
        self._offset += end - begin
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
