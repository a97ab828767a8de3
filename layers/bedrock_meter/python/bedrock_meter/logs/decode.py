"""From the text of a log object to its records, block by block; line by line where one is bad."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from bedrock_meter.logs.fields import merged, readable_fields
from bedrock_meter.logs.forms import Forms, is_exported, value_of
from bedrock_meter.logs.lenient import UnmeterableLine, decode_leniently
from bedrock_meter.logs.lines import MOST_LINE_BYTES, Block, LongLine, Torn, blocks
from bedrock_meter.logs.records import Record, strict
from bedrock_meter.logs.values import Value, ValueReader, is_open

LINE_TOO_LONG = "line_too_long"
# A file that somebody kept may be one value with all its records.
MOST_KEPT_BYTES = 256 << 20
_DEEPEST_FORM = 3
# Looking for values inside a bad line takes time; a hostile line must not have it.
_MOST_PARTED_BYTES = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_BLANK = b" \t\r\n"
_BLANK_LINES = re.compile(rb"(?:[ \t\r]*+\n)++")


class LinePosition(NamedTuple):
    """Where a line stands: number from 1, offset and length in bytes, SHA-256 as hex."""

    line: int
    offset: int
    length: int
    sha256: str


class Refused(NamedTuple):
    """A line, or the rest of an object, that holds no countable record."""

    place: LinePosition
    reason: str
    fields: dict[str, str | int]


class Batch(NamedTuple):
    """Records that were decoded together.

    With `by_line`, record number k stands on line `line` + k; otherwise all stand at the one place
    that the text of `source` fills.
    """

    offset: int
    line: int
    source: Block | Value
    records: list[Record]
    by_line: bool

    def line_of(self, index: int) -> int:
        """Return the number of the line that a record stands on."""
        return self.line + index if self.by_line else self.line

    def place_of(self, index: int) -> LinePosition:
        """Find the place of a record."""
        text = self.source.text
        if not self.by_line:
            return _place(self.line, self.offset, text)
        begin = 0
        for _ in range(index):
            begin = text.index(b"\n", begin) + 1
        end = text.find(b"\n", begin)
        line = text[begin : end if end >= 0 else len(text)]
        return _place(self.line + index, self.offset + begin, line)

    def refuse(self, index: int, reason: str, message: str = "") -> Refused:
        """Set one of the records aside."""
        place = self.place_of(index)
        begin = place.offset - self.offset
        fields = readable_fields(self.source.text[begin : begin + place.length])
        return Refused(place, reason, merged(fields, message))


def batches(pieces: Iterable[bytes], forms: Forms | None = None) -> Iterator[Batch | Refused]:
    """Decode the text of a log object, in order; what cannot be is refused and the rest goes on.

    With `forms`, the text is of a file that somebody kept: a top-level array is taken for its
    elements, and what CloudWatch put around the records is taken off. Otherwise these are no
    records.
    """
    most = MOST_LINE_BYTES if forms is None else MOST_KEPT_BYTES
    return _Reader(forms, most).read(blocks(pieces, most))


class _Reader:
    def __init__(self, forms: Forms | None, most: int) -> None:
        self._forms = forms
        self._most = most
        self._line = 1
        self._is_first = True

    def read(self, source: Iterator[Block | LongLine | Torn]) -> Iterator[Batch | Refused]:
        decode_lines = strict.decode_lines
        for block in source:
            if not isinstance(block, Block):
                yield from self._odd(block)
                continue
            try:
                records = decode_lines(block.view())
            except _UNREADABLE:
                records = None
            if records and _is_one_a_line(block, len(records)):
                yield Batch(block.offset, self._line, block, records, True)
                self._is_first = False
                self._line += len(records)
            elif records == []:
                self._line += block.text.count(b"\n")  # blank lines and nothing else
            elif self._is_first and self._spreads(block.text):
                yield from self._values(block, source)
            else:
                yield from self._lines(block.offset, block.text)

    def _odd(self, block: LongLine | Torn) -> Iterator[Batch | Refused]:
        if isinstance(block, LongLine):
            yield Refused(LinePosition(self._line, *block), LINE_TOO_LONG, {})
            self._line += 1
            return
        found = list(self._lines(block.offset, block.text))
        place = _place(self._line, block.offset, block.text)
        if any(isinstance(item, Batch) for item in found):
            yield from found
            place = _place(self._line, block.offset + len(block.text), b"")
        yield Refused(place, block.reason, {})

    def _lines(self, offset: int, text: bytes) -> Iterator[Batch | Refused]:
        """Read line by line; blank lines count as lines and as nothing else."""
        begin = 0
        while begin < len(text):
            if blank := _BLANK_LINES.match(text, begin):
                self._line += blank[0].count(b"\n")
                begin = blank.end()
                continue
            end = text.find(b"\n", begin)
            end = len(text) if end < 0 else end
            line = text[begin:end]
            if self._is_first and line.startswith(_BYTE_ORDER_MARK):
                line, begin = line.removeprefix(_BYTE_ORDER_MARK), begin + len(_BYTE_ORDER_MARK)
            if line.strip(_BLANK):
                yield from _read_line(Value(offset + begin, self._line, line), self._forms)
                self._is_first = False
            begin = end + 1
            self._line += 1

    def _spreads(self, text: bytes) -> bool:
        """Return whether an object begins with a value spread over lines (or an array of records).

        Where the second line begins with an object of its own, the first is broken.
        """
        text = text.removeprefix(_BYTE_ORDER_MARK).lstrip(_BLANK)
        if self._forms is not None:
            text = value_of(text)
        first, _, rest = text.partition(b"\n")
        if self._forms is not None and first.startswith(b"["):
            return True
        if not is_open(first):
            return False
        if self._forms is not None:
            return not _is_record(rest.partition(b"\n")[0])
        return not rest.startswith(b"{")

    def _values(
        self, block: Block, source: Iterator[Block | LongLine | Torn]
    ) -> Iterator[Batch | Refused]:
        """Read the rest of the object as values that need not keep to lines."""
        self._is_first = False
        reader = ValueReader(arrays=self._forms is not None)
        odd: Block | LongLine | Torn | None = block
        while isinstance(odd, Block):
            skip = len(_BYTE_ORDER_MARK) if odd.text.startswith(_BYTE_ORDER_MARK) else 0
            for value in reader.read(odd.offset + skip, self._line, odd.text[skip:]):
                yield from _read_line(value, self._forms)
            self._line += odd.text.count(b"\n") + (not odd.text.endswith(b"\n"))
            if reader.held_bytes > self._most:
                break
            odd = next(source, None)
        yield from self._rest_of(reader)
        if odd is not None and not isinstance(odd, Block):
            yield from self._odd(odd)
        yield from self.read(source)

    def _rest_of(self, reader: ValueReader) -> Iterator[Batch | Refused]:
        """Refuse a value that never ended; what follows it is read line by line."""
        if parts := reader.unfinished():
            broken, rest = parts
            yield _refused(broken, UnmeterableLine("not_json"))
            after = self._line
            self._line = rest.line
            yield from self._lines(rest.offset, rest.text)
            self._line = max(after, self._line)


_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _read_line(value: Value, forms: Forms | None, depth: int = 0) -> Iterator[Batch | Refused]:
    """Read the record, or the several records, of one line or value."""
    try:
        records = strict.decode_lines(value.text)
    except _UNREADABLE:
        pass
    else:
        yield Batch(value.offset, value.line, value, records, False)
        return
    inner = _within(value, forms) if forms is not None and depth < _DEEPEST_FORM else None
    if inner is not None:
        for one in inner:
            yield from _read_line(one, forms, depth + 1)
        return
    is_parted = len(value.text) <= _MOST_PARTED_BYTES and not is_exported(value.text)
    parts = list(_parts(value)) if is_parted else []
    for part in parts if len(parts) > 1 else [value]:
        yield _leniently(part)


def _within(value: Value, forms: Forms) -> list[Value] | None:
    """Return the messages in a value of a known form, or the several values of a line.

    None if it is neither. A message has the place of what it lay in.
    """
    messages = forms.messages_in(value.text)
    if messages is not None:
        return [value._replace(text=message) for message in messages]
    parts = list(_parts(value))
    return parts if len(parts) > 1 else None


def _leniently(value: Value) -> Batch | Refused:
    """Read a record field by field, or return why it cannot be one."""
    if len(value.text) > MOST_LINE_BYTES:
        return Refused(_place(value.line, value.offset, value.text), LINE_TOO_LONG, {})
    try:
        record = decode_leniently(value.text)
    except UnmeterableLine as error:
        return _refused(value, error)
    return Batch(value.offset, value.line, value, [record], False)


def _is_record(line: bytes) -> bool:
    """Return whether a line stands for itself."""
    try:
        return bool(strict.decode_lines(line))
    except _UNREADABLE:
        return False


def _parts(value: Value) -> Iterator[Value]:
    """Part values that follow each other on one line."""
    reader = ValueReader(arrays=False)
    yield from reader.read(*value)
    if broken := reader.unfinished():
        yield broken[0]


def _refused(value: Value, error: UnmeterableLine) -> Refused:
    place = _place(value.line, value.offset, value.text)
    return Refused(place, error.reason, merged(readable_fields(value.text), error.message))


def _place(line: int, offset: int, text: bytes) -> LinePosition:
    return LinePosition(line, offset, len(text), hashlib.sha256(text).hexdigest())


def _is_one_a_line(block: Block, values: int) -> bool:
    """Return whether each line of a block holds one of so many values, whole and alone.

    A line end between } and { is the end of a value: within one a comma would stand there, and
    within a string no line end can. As many such lines as values, and no line number is off.
    """
    piece, last = block.piece, block.end - 1
    find, begin = piece.find, block.begin
    if piece[begin : begin + 1] != b"{":
        return False
    for _ in range(values - 1):
        begin = find(b"\n", begin, last) + 1
        if piece[begin - 2 : begin + 1] != b"}\n{":
            return False
    return find(b"\n", begin, last) < 0
