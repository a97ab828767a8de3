"""Evidence files: gzip'd lines of evidence, gathered by hour in bounded memory, and read again.

The first line is an object that names the columns; every other line is one invocation as an array
in that order. Each full buffer becomes a gzip member of its own, so that no compressor is held
open for every hour that an object touches. Equal evidence makes equal bytes.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO, cast

import msgspec
from isal import igzip_lib

from bedrock_meter.domain.errors import BrokenEvidence
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.hours import Hour
from bedrock_meter.logs.gunzip import ByteSource, inflate
from bedrock_meter.logs.lines import Block, blocks

_SHAPE = 1
_BUFFER_BYTES = 128 << 10
_MEMORY_BYTES = 256 << 10
_LEVEL = 1

_encoder = msgspec.json.Encoder()
_rows = msgspec.json.Decoder(Evidence)
_HEADER = _encoder.encode({"shape": _SHAPE, "columns": Evidence._fields}) + b"\n"


class EvidenceSpool:
    """The evidence files of one log object, by hour. Close it to give the space back."""

    def __init__(self) -> None:
        self._hours: dict[Hour, _HourFile] = {}

    def add(self, hour: Hour, evidence: Iterable[Sequence[Any]]) -> None:
        """Append invocations to an hour's file."""
        held = self._hours.get(hour)
        if held is None:
            held = self._hours[hour] = _HourFile()
        held.add(evidence)

    def files(self) -> dict[Hour, BinaryIO]:
        """Give each hour's file, complete and rewound."""
        return {hour: held.finished() for hour, held in self._hours.items()}

    def close(self) -> None:
        """Delete what was gathered."""
        for held in self._hours.values():
            held.close()
        self._hours.clear()


class _HourFile:
    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=_MEMORY_BYTES)  # noqa: SIM115
        self._buffer = bytearray(_HEADER)

    def add(self, evidence: Iterable[Sequence[Any]]) -> None:
        self._buffer += _encoder.encode_lines(evidence)
        if len(self._buffer) >= _BUFFER_BYTES:
            self._flush()

    def finished(self) -> BinaryIO:
        if self._buffer:
            self._flush()
        self._file.seek(0)
        return cast(BinaryIO, self._file)

    def close(self) -> None:
        self._file.close()

    def _flush(self) -> None:
        self._file.write(_compress(self._buffer))
        self._buffer.clear()


def empty_evidence() -> bytes:
    """Give an evidence file without any invocation."""
    return _compress(_HEADER)


def evidence_in(body: ByteSource) -> Iterator[Evidence]:
    """Read an evidence file; `BrokenEvidence` when that is impossible."""
    lines = _lines_of(body)
    first = next(lines, b"")
    header, _, rest = first.partition(b"\n")
    decode = _decoder_for(header)
    try:
        yield from decode(rest)
        for text in lines:
            yield from decode(text)
    except msgspec.DecodeError as error:
        raise BrokenEvidence(f"a line of an evidence file is no evidence: {error}") from error


def _lines_of(body: ByteSource) -> Iterator[bytes]:
    for block in blocks(inflate(body)):
        if not isinstance(block, Block):
            raise BrokenEvidence("an evidence file is damaged")
        yield block.text


def _decoder_for(header: bytes) -> Callable[[bytes], list[Evidence]]:
    """Choose how to read the rows under a header; columns of this release are read at once."""
    try:
        said = msgspec.json.decode(header, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise BrokenEvidence("an evidence file begins without a header") from error
    if said.get("shape") != _SHAPE or said.get("columns") != list(Evidence._fields):
        raise BrokenEvidence(
            f"an evidence file of shape {said.get('shape')}; this release reads shape {_SHAPE}"
        )
    return _rows.decode_lines


def _compress(text: bytes | bytearray) -> bytes:
    packed: bytes = igzip_lib.compress(text, _LEVEL, igzip_lib.COMP_GZIP)
    return packed
