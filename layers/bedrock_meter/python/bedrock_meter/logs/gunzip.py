"""Unpacking a log object in bounded memory, and the five ways in which that can fail."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from isal import igzip_lib

from bedrock_meter.domain.records.byte_source import ByteSource

READ_BYTES = 48 << 10
# Larger pieces would be mapped and unmapped by the allocator each time: a fifth of all time spent.
PIECE_BYTES = 120 << 10

MAGIC = b"\x1f\x8b"
# What a text never holds: the control characters beside tab, newline and carriage return.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class InflationLimits(NamedTuple):
    """How far an object may inflate: bytes, and bytes for each byte it was delivered as."""

    inflated: int = 4 << 30
    ratio: int = 1000


DEFAULT_LIMITS = InflationLimits()
# Its stub calls it an instance.
_BROKEN: type[Exception] = igzip_lib.IsalError  # type: ignore[assignment]
_DEFLATE = 8
_EXTRA, _NAME, _COMMENT, _HEADER_CRC, _RESERVED = 0x04, 0x08, 0x10, 0x02, 0xE0


class DecodeError(Exception):
    """The bytes of a log object cannot be unpacked any further. What came before counts."""

    reason = ""


class NotGzip(DecodeError):
    """The object is neither gzip nor text."""

    reason = "not_gzip"


class TruncatedGzip(DecodeError):
    """The object ends in the middle of its gzip stream."""

    reason = "truncated_gzip"


class CorruptGzip(DecodeError):
    """The gzip stream is damaged, or its checksum or length does not match what came out."""

    reason = "bad_crc"


class TooLarge(DecodeError):
    """The object inflates to more bytes than one object may have."""

    reason = "too_large"


class GzipBomb(DecodeError):
    """The object inflates to more than a thousand bytes for each byte delivered."""

    reason = "gzip_bomb"


def inflate(source: ByteSource, limits: InflationLimits = DEFAULT_LIMITS) -> Iterator[bytes]:
    """Yield the text of a log object in pieces of at most 120 KB.

    Gzip is known by its first bytes, not by a name: some clients have unpacked the object already.
    Several members in a row and zeros behind them are fine. Raises a `DecodeError` after
    everything that could be unpacked has been yielded.
    """
    reader = _Reader(source)
    pieces = _members(reader) if reader.peek(len(MAGIC)) == MAGIC else _text(reader)
    given = 0
    for piece in pieces:
        given += len(piece)
        if given > limits.inflated:
            raise TooLarge
        if given > limits.ratio * reader.taken:
            raise GzipBomb
        yield piece


class _Reader:
    """The delivered bytes, with a look ahead; `taken` counts how many have arrived."""

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._ahead = b""
        self.taken = 0

    def piece(self) -> bytes:
        """Return whatever comes next; nothing at the end."""
        if self._ahead:
            piece, self._ahead = self._ahead, b""
            return piece
        piece = self._source.read(READ_BYTES)
        self.taken += len(piece)
        return piece

    def peek(self, size: int) -> bytes:
        """Look at so many of the next bytes, fewer at the end."""
        ahead = self._ahead
        while len(ahead) < size:
            self._ahead = b""
            piece = self.piece()
            if not piece:
                break
            ahead += piece
        self._ahead = ahead
        return ahead[:size]

    def exactly(self, size: int) -> bytes:
        """Return so many bytes; `TruncatedGzip` when there are fewer."""
        found = self.peek(size)
        if len(found) < size:
            raise TruncatedGzip
        self._ahead = self._ahead[size:]
        return found

    def text(self) -> None:
        """Skip a text that ends in a zero byte."""
        while b"\0" not in (piece := self.piece()):
            if not piece:
                raise TruncatedGzip
        self.give_back(piece[piece.index(b"\0") + 1 :])

    def give_back(self, piece: bytes) -> None:
        """Put back bytes that were not needed."""
        self._ahead = piece + self._ahead

    def skip_zeros(self) -> bool:
        """Skip padding; return whether anything is left."""
        while piece := self.piece():
            if rest := piece.lstrip(b"\0"):
                self.give_back(rest)
                return True
        return False


def _text(reader: _Reader) -> Iterator[bytes]:
    if _BINARY.search(reader.peek(READ_BYTES)):
        raise NotGzip
    while piece := reader.piece():
        yield piece


def _members(reader: _Reader) -> Iterator[bytes]:
    """Unpack gzip members one after the other."""
    while reader.skip_zeros():
        _skip_header(reader)
        yield from _member(reader)


def _skip_header(reader: _Reader) -> None:
    """Skip the header of a member (RFC 1952, section 2.3)."""
    if not MAGIC.startswith(reader.peek(2)):
        raise CorruptGzip
    header = reader.exactly(10)
    flags = header[3]
    if header[2] != _DEFLATE or flags & _RESERVED:
        raise CorruptGzip
    if flags & _EXTRA:
        reader.exactly(int.from_bytes(reader.exactly(2), "little"))
    for is_there in (flags & _NAME, flags & _COMMENT):
        if is_there:
            reader.text()
    if flags & _HEADER_CRC:
        reader.exactly(2)


def _member(reader: _Reader) -> Iterator[bytes]:
    """Unpack the body of one member, then hold it against its trailer.

    The trailer is read here and not by the library, which would keep back the last piece of a
    member whose checksum is wrong: what counts must not depend on where a piece happens to end.
    """
    member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP_NO_HDR)
    size = 0
    while not member.eof:
        piece = reader.piece() if member.needs_input else b""
        if not piece and member.needs_input:
            raise TruncatedGzip
        try:
            out: bytes = member.decompress(piece, PIECE_BYTES)
        except _BROKEN as error:
            raise CorruptGzip from error
        if out:
            size += len(out)
            yield out
    reader.give_back(member.unused_data)
    trailer = reader.exactly(8)
    length = (size & 0xFFFFFFFF).to_bytes(4, "little")
    if trailer != member.crc.to_bytes(4, "little") + length:
        raise CorruptGzip
