"""Evidence files: calls gathered by part of an hour, packed into blocks of columns, and read again.

`logs/columns.py` says how a file looks. Each block is a gzip member of its own, so that no
compressor is held open for every part that a log object touches. Where a block ends is decided by
the calls alone: equal evidence makes equal bytes, however it was handed over.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import msgspec
from isal import igzip_lib
from msgspec.structs import astuple

from bedrock_meter.domain.records.byte_source import ByteSource
from bedrock_meter.domain.records.errors import BrokenEvidence
from bedrock_meter.domain.records.evidence import LONGEST_TEXT, MOST_ENTRIES, Evidence, bounded
from bedrock_meter.domain.records.schema import SCHEMA_VERSION, check_schema
from bedrock_meter.domain.time.hours import Part
from bedrock_meter.logs.evidence import EvidenceRow
from bedrock_meter.logs.gunzip import DecodeError, inflate
from bedrock_meter.logs.packing import Block, block_of, evidence_in_block

_LEVEL = 1
# What a file may hold in memory. A log object that touches 72 hours has 216 files: 150 MB.
_MOST_ROWS = 1_024
_MOST_TEXT = 256 << 10  # characters of what may be long: request ids, callers, metadata
_MEMORY_BYTES = 64 << 10  # of packed blocks; the rest lies on the disk

_json = msgspec.json.Encoder().encode
_pack = msgspec.msgpack.Encoder().encode
_block_in = msgspec.msgpack.Decoder(Block).decode
_HEADER = _json({"schema_version": SCHEMA_VERSION}) + b"\n"
_LENGTH_BYTES = 4


class EvidenceSpool:
    """The evidence files of one log object, by part of an hour. Close it to free the space."""

    def __init__(self) -> None:
        self._parts: dict[Part, _PartFile] = {}

    def add(self, part: Part, evidence: Iterable[Evidence]) -> None:
        """Append invocations to the file of a part."""
        self.add_rows(part, [EvidenceRow(*one) for one in evidence])

    def add_rows(self, part: Part, rows: list[Evidence]) -> None:
        """Append invocations as `EvidenceRow`s, which are used up.

        Their metadata may still be as logged; bounding them once for equal ones is quicker here.
        """
        held = self._parts.get(part)
        if held is None:
            held = self._parts[part] = _PartFile()
        held.add(rows)

    def files(self) -> dict[Part, BinaryIO]:
        """Return the file of each part, complete and rewound."""
        return {part: held.finished() for part, held in self._parts.items()}

    def close(self) -> None:
        """Delete what was gathered."""
        for held in self._parts.values():
            held.close()
        self._parts.clear()


@contextmanager
def evidence_file(part: Part, evidence: Iterable[Evidence]) -> Iterator[BinaryIO]:
    """Write the evidence of one part; the file is gone afterwards."""
    spool = EvidenceSpool()
    try:
        spool.add(part, evidence)
        yield spool.files()[part]
    finally:
        spool.close()


class _PartFile:
    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES)  # noqa: SIM115
        self._begun = _HEADER
        self._rows: list[Any] = []
        self._text = 0

    def add(self, rows: list[Any]) -> None:
        held = self._rows
        for row in rows:
            if (metadata := row.metadata) is not None:
                text = _json(metadata)
                # A short text holds no long key or value; so the common case needs no closer look.
                if len(text) > LONGEST_TEXT or len(metadata) > MOST_ENTRIES or not metadata:
                    kept = bounded(metadata)
                    text = b"" if kept is None else _json(kept)
                row.metadata = text or None
                self._text += len(text)
            held.append(row)
            self._text += len(row.request_id) + len(row.principal)
            if len(held) >= _MOST_ROWS or self._text >= _MOST_TEXT:
                self._flush()

    def finished(self) -> BinaryIO:
        if self._rows or self._begun:
            self._flush()
        self._file.seek(0)
        return cast(BinaryIO, self._file)

    def close(self) -> None:
        self._file.close()

    def _flush(self) -> None:
        packed = _framed(block_of([*map(astuple, self._rows)])) if self._rows else b""
        self._file.write(_compress(self._begun + packed))
        self._begun = b""
        self._rows.clear()
        self._text = 0


def _framed(block: Any) -> bytes:
    packed = _pack(block)
    return len(packed).to_bytes(_LENGTH_BYTES, "little") + packed


def empty_evidence() -> bytes:
    """Return an evidence file without any invocation."""
    return _compress(_HEADER)


def evidence_in(body: ByteSource) -> Iterator[Evidence]:
    """Read an evidence file; `BrokenEvidence` when that is impossible, `UnknownSchema` from newer.

    Invocations of a block with the same metadata share one dict, which must not be changed.
    """
    for block in blocks_in(body):
        try:
            yield from evidence_in_block(block)
        except (ValueError, KeyError, msgspec.DecodeError) as error:
            raise BrokenEvidence(f"a block of an evidence file is damaged: {error}") from error


def blocks_in(body: ByteSource) -> Iterator[Any]:
    """Read the blocks of an evidence file; it raises what `evidence_in` does."""
    held = bytearray()
    is_begun = False
    try:
        for piece in inflate(body):
            held += piece
            if not is_begun and b"\n" in held:
                _check(bytes(held[: held.index(b"\n")]))
                del held[: held.index(b"\n") + 1]
                is_begun = True
            if is_begun:
                yield from _taken(held)
    except DecodeError as error:
        raise BrokenEvidence("an evidence file is damaged") from error
    if held or not is_begun:
        raise BrokenEvidence("an evidence file begins without a header, or ends within a block")


def _taken(held: bytearray) -> Iterator[Any]:
    """Take the blocks that are whole off the beginning."""
    while len(held) >= _LENGTH_BYTES:
        end = _LENGTH_BYTES + int.from_bytes(held[:_LENGTH_BYTES], "little")
        if len(held) < end:
            return
        packed = bytes(held[_LENGTH_BYTES:end])
        del held[:end]
        try:
            block = _block_in(packed)
        except msgspec.DecodeError as error:
            raise BrokenEvidence(f"an evidence file holds what is no block: {error}") from error
        if block.rows <= 0:
            raise BrokenEvidence("an evidence file holds a block without rows")
        yield block


class _Header(msgspec.Struct):
    schema_version: int


def _check(header: bytes) -> None:
    """Check that this release reads the file."""
    try:
        said = msgspec.json.decode(header, type=_Header)
    except msgspec.DecodeError as error:
        raise BrokenEvidence("an evidence file begins without a header") from error
    check_schema(said.schema_version, "an evidence file")


def _compress(text: bytes) -> bytes:
    packed: bytes = igzip_lib.compress(text, _LEVEL, igzip_lib.COMP_GZIP)
    return packed
