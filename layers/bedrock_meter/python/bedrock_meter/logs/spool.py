"""Evidence files: gzip'd lines of evidence, gathered by part of an hour, and read again.

The first line is an object that names the columns; every other line is one invocation as an array
in that order. Metadata that many invocations share are written once: the first that has them
shows them as an object, those after it show its number, counting such objects from 0 down the
file. Whole lines of 128 KB become a gzip member each, so that no compressor is held open for
every part that a log object touches. Equal evidence makes equal bytes, however it was handed over.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import Any, BinaryIO, cast

import msgspec
from isal import igzip_lib

from bedrock_meter.domain.records.byte_source import ByteSource
from bedrock_meter.domain.records.errors import BrokenEvidence
from bedrock_meter.domain.records.evidence import LONGEST_TEXT, MOST_ENTRIES, Evidence, bounded
from bedrock_meter.domain.records.schema import SCHEMA_VERSION, check_schema
from bedrock_meter.domain.time.hours import Part
from bedrock_meter.logs.evidence import EvidenceRow, evidence_in_row
from bedrock_meter.logs.gunzip import inflate
from bedrock_meter.logs.lines import Block, blocks

_LEVEL = 1
# What a file may hold in memory. A log object that touches 72 hours has 216 files: 70 MB.
_BUFFER_BYTES = 128 << 10  # of text; smaller members pack worse
_MEMORY_BYTES = 64 << 10  # of packed text; the rest lies on the disk
_REMEMBERED_BYTES = 128 << 10  # of metadata: some 600 sets of three short entries
_BYTES_OF_A_MEMORY = 150  # beside its text: an entry of a dict, two objects

_encoder = msgspec.json.Encoder()
_encode = _encoder.encode
_rows = msgspec.json.Decoder(EvidenceRow)


class _Header(msgspec.Struct):
    schema_version: int
    columns: tuple[str, ...]


_HEADER = _encode(_Header(SCHEMA_VERSION, Evidence._fields)) + b"\n"


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
        self._buffer = bytearray(_HEADER)
        self._shown = _Shown()

    def add(self, rows: list[Any]) -> None:
        numbers, show = self._shown.numbers, self._shown.show
        for row in rows:
            if (metadata := row.metadata) is not None:
                text = _encode(metadata)
                number = numbers.get(text)
                row.metadata = show(text, metadata) if number is None else number
        self._buffer += _encoder.encode_lines(rows)
        while len(self._buffer) >= _BUFFER_BYTES:
            # At a line end that the text decides, not the batch it came in.
            self._flush(self._buffer.index(b"\n", _BUFFER_BYTES - 1) + 1)

    def finished(self) -> BinaryIO:
        if self._buffer:
            self._flush(len(self._buffer))
        self._file.seek(0)
        return cast(BinaryIO, self._file)

    def close(self) -> None:
        self._file.close()

    def _flush(self, size: int) -> None:
        self._file.write(_compress(self._buffer[:size]))
        del self._buffer[:size]


class _Shown:
    """The metadata that a file shows already. `numbers` are their numbers, by their JSON text.

    Where callers have too many, all are forgotten, and shown again under other numbers.
    """

    def __init__(self) -> None:
        self.numbers: dict[bytes, int] = {}
        self._next = 0
        self._bytes = 0

    def show(self, text: bytes, metadata: Mapping[str, str]) -> Mapping[str, str] | int | None:
        """Return what stands for metadata whose text is not known: themselves, mostly."""
        # A short text holds no long key or value; so the common case needs no closer look.
        if len(text) > LONGEST_TEXT or len(metadata) > MOST_ENTRIES or not metadata:
            kept = bounded(metadata)
            if kept is None:
                return None
            metadata, text = kept, _encode(kept)
            if text in self.numbers:
                return self.numbers[text]
        self._bytes += len(text) + _BYTES_OF_A_MEMORY
        if self._bytes > _REMEMBERED_BYTES:
            self.numbers.clear()
            self._bytes = 0
        self.numbers[text] = self._next
        self._next += 1
        return metadata


def empty_evidence() -> bytes:
    """Return an evidence file without any invocation."""
    return _compress(_HEADER)


def evidence_in(body: ByteSource) -> Iterator[Evidence]:
    """Read an evidence file; `BrokenEvidence` when that is impossible, `UnknownSchema` from newer.

    Invocations with the same metadata share one dict, which must not be changed.
    """
    lines = _lines_of(body)
    first = next(lines, b"")
    header, _, rest = first.partition(b"\n")
    _check(header)
    shown: list[dict[str, str]] = []
    try:
        for text in chain([rest], lines):
            for row in _rows.decode_lines(text):
                yield evidence_in_row(row, _metadata_in(row, shown))
    except msgspec.DecodeError as error:
        raise BrokenEvidence(f"a line of an evidence file is not evidence: {error}") from error


def _metadata_in(row: Any, shown: list[dict[str, str]]) -> dict[str, str] | None:
    """Return the metadata of a row, or those that its number stands for."""
    metadata: dict[str, str] | int | None = row.metadata
    if isinstance(metadata, int):
        if metadata >= len(shown):
            raise BrokenEvidence(f"an evidence file shows no metadata of number {metadata}")
        return shown[metadata]
    if metadata is not None:
        shown.append(metadata)
    return metadata


def _lines_of(body: ByteSource) -> Iterator[bytes]:
    for block in blocks(inflate(body)):
        if not isinstance(block, Block):
            raise BrokenEvidence("an evidence file is damaged")
        yield block.text


def _check(header: bytes) -> None:
    """Check that this release knows the columns; those of a file are the first of its own."""
    try:
        said = msgspec.json.decode(header, type=_Header)
    except msgspec.DecodeError as error:
        raise BrokenEvidence("an evidence file begins without a header") from error
    check_schema(said.schema_version, "an evidence file")
    if said.columns != Evidence._fields[: len(said.columns)]:
        raise BrokenEvidence("an evidence file has other columns than its schema version")


def _compress(text: bytes | bytearray) -> bytes:
    packed: bytes = igzip_lib.compress(text, _LEVEL, igzip_lib.COMP_GZIP)
    return packed
