"""The forms in which people keep records that CloudWatch Logs had: each is unwrapped to messages.

Insights results   {"results": [[{"field": "@message", "value": …}, …]]}, or the bare list
events             {"events": [{"message": …}]} (filter-log-events), {"events": [{"@message": …}]}
messages           ["…", …], or a quoted one a line: what `--query 'events[].message'` and jq print
subscriptions      {"messageType": "DATA_MESSAGE", "logEvents": [{"message": …}]}; as a function
                   gets it: packed, in {"awslogs": {"data": "…"}}
console, exports   2026-11-21T09:05:00.000Z {…}, with the stream's name, printed for reading too
text, CSV          EVENTS <tab> … <tab> {…} <tab> …, or columns of any order with their heading

None of them ever lies in a log bucket, so only the commands that read kept files know them.
Subscription data is packed, and what delivers it packs it again.
"""

import re
from collections.abc import Iterator
from io import BytesIO

from msgspec import Raw, Struct, field

from bedrock_meter.domain.records.byte_source import ByteSource
from bedrock_meter.logs.gunzip import (
    DEFAULT_LIMITS,
    MAGIC,
    DecodeError,
    InflationLimits,
    inflate,
)
from bedrock_meter.logs.records import NOTHING, readable

# What Bedrock and CloudWatch write into a log group to see whether they may.
_GREETINGS = (
    b"Permissions are correctly set for Amazon Bedrock logs.",
    b"CWL CONTROL MESSAGE",
)
_MESSAGE = "@message"
_COLUMNS = re.compile(rb'"?@?\w+"?(?:,"?@?\w+"?)*+')
_TIME = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|\d{13}"
_STAMPED = re.compile(rb'"?(?:' + _TIME + rb')"?(?:,|[ \t]+(?:[^\s"{]\S*[ \t]+)?)(?=["{PC])')
_BARE_STAMP = re.compile(rb"(?:" + _TIME + rb")(?:[ \t]+[^\s\"{]+)?")
_QUOTED = re.compile(rb'"((?:[^"]++|"")*+)"')
# Columns before one that holds JSON.
_COLUMNS_BEFORE = re.compile(rb'(?:(?:"[^"{]*+"|[^",{]*+),)*+(?="\{"")')
_EVENT = b"EVENTS\t"
# What the command line interface prints as text beside events: tokens, and names of streams.
_BESIDE_EVENTS = re.compile(rb"SEARCHEDLOGSTREAMS\t.*|[bf]/\d+(?:/s)?(?:\t[bf]/\d+(?:/s)?)?")
# Lines that hold no part of a value; a value printed for reading may stand below them.
_BEFORE_VALUES = re.compile(rb'(?:[^{}\[\]"\n]*+\n)*+')
_BLANK = b" \t\r\n"
# Insights results are lists of lists in an object; nothing real goes deeper.
_DEEPEST = 4
# A function is given a few megabytes at most.
_MOST_PACKED = DEFAULT_LIMITS._replace(inflated=64 << 20)


class _Value(Struct, gc=False):
    """A value as far as it holds messages; a record of Bedrock's own has a `schemaType`."""

    schemaType: Raw = NOTHING
    results: Raw = NOTHING
    events: Raw = NOTHING
    logEvents: Raw = NOTHING
    queried: Raw = field(name=_MESSAGE, default=NOTHING)
    message: Raw = NOTHING
    field: Raw = NOTHING
    value: Raw = NOTHING
    awslogs: Raw = NOTHING


class _Packed(Struct, gc=False):
    """Subscription data as a function gets it: gzip in base64."""

    data: bytes


class Forms:
    """Unwraps what a file holds. `greetings` counts the lines that speak of permissions."""

    def __init__(self) -> None:
        self.greetings = 0

    def messages_in(self, text: bytes) -> list[bytes] | None:
        """Return the messages in a line or value; None when it is of no known form.

        Greetings are counted and left out, so the list may be empty.
        """
        found = _messages_in(text.strip(_BLANK))
        if found is None:
            return None
        messages = [message for message in found if not message.startswith(_GREETINGS)]
        self.greetings += len(found) - len(messages)
        return messages


def is_exported(line: bytes) -> bool:
    """Return whether CloudWatch wrote a line: no record follows its time in a log bucket."""
    return line.startswith(_EVENT) or _STAMPED.match(line) is not None


def unpacked(source: ByteSource, limits: InflationLimits) -> Iterator[bytes]:
    """Yield the text of a file that somebody kept, be it packed once, twice or not at all."""
    pieces = inflate(source, limits)
    first = next(pieces, b"")
    if first.startswith(MAGIC):
        yield from inflate(_Pieces(first, pieces), limits)
    else:
        yield first
        yield from pieces


class _Pieces:
    """Pieces of bytes, to be read again."""

    def __init__(self, first: bytes, rest: Iterator[bytes]) -> None:
        self._held = first
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        """Return up to so many of the next bytes; none at the end."""
        held = self._held or next(self._rest, b"")
        self._held = held[size:]
        return held[:size]


def value_of(text: bytes) -> bytes:
    """Return a text from the first line on that may hold a value."""
    before = _BEFORE_VALUES.match(text)
    return text[before.end() :] if before else text


def _messages_in(text: bytes) -> list[bytes] | None:
    if text.startswith(_GREETINGS):
        return [text]
    if text.startswith((b"{", b"[")):
        return _inreadable(Raw(text))
    if text.startswith(_EVENT):
        return _in_event(text)
    if stamp := _STAMPED.match(text):
        return [_unquoted(text[stamp.end() :])]
    if text.startswith(b'"') and (strings := readable(Raw(b"[%b]" % text.strip(b",")), list[str])):
        return _in_strings(strings)
    if columns := _COLUMNS_BEFORE.match(text):
        return [_unquoted(text[columns.end() :])]
    return [] if _is_beside(text) else None


def _in_event(text: bytes) -> list[bytes] | None:
    """Take a message out of the columns of an event printed as text."""
    begin, end = text.find(b"\t{"), text.rfind(b"}")
    if 0 <= begin < end:
        return [text[begin + 1 : end + 1]]
    said = [column for column in text.split(b"\t") if column.startswith(_GREETINGS)]
    return said or None


def _is_beside(text: bytes) -> bool:
    """Return what stands beside messages and is none: a heading, a time, tokens."""
    if _BARE_STAMP.fullmatch(text) or _BESIDE_EVENTS.fullmatch(text):
        return True
    names = text.replace(b'"', b"").replace(b"@", b"").split(b",")
    return b"message" in names and _COLUMNS.fullmatch(text) is not None


def _unquoted(text: bytes) -> bytes:
    """Take a message out of its field of CSV."""
    quoted = _QUOTED.match(text)
    return quoted[1].replace(b'""', b'"') if quoted else text


def _inreadable(raw: Raw, depth: int = 0) -> list[bytes] | None:
    """Look into a value; None when it is a record, or of no known form."""
    elements = readable(raw, list[Raw])
    if elements is not None:
        return _in_all(elements, depth)
    value = readable(raw, _Value)
    if value is None:
        text = readable(raw, str)
        return None if text is None else _in_strings([text])
    if len(value.schemaType):
        return None
    for several in (value.results, value.events, value.logEvents):
        elements = readable(several, list[Raw])
        if elements is not None:
            return _in_all(elements, depth)
    if len(value.field) and len(value.value):
        return _said(value.value) if readable(value.field, str) == _MESSAGE else []
    if len(value.awslogs):
        return _in_packed(value.awslogs, depth)
    return _said(value.queried if len(value.queried) else value.message)


def _in_all(elements: list[Raw], depth: int) -> list[bytes] | None:
    """Return the messages of every element; one of no known form stands for itself.

    None for a row of Insights results without a message, and for what nests too deeply.
    """
    if depth >= _DEEPEST:
        return None
    found = [_inreadable(element, depth + 1) for element in elements]
    if found and not any(found) and all(map(_is_field, elements)):
        return None
    return [
        message
        for element, messages in zip(elements, found, strict=True)
        for message in ([bytes(element)] if messages is None else messages)
    ]


def _is_field(raw: Raw) -> bool:
    value = readable(raw, _Value)
    return value is not None and len(value.field) > 0


def _in_strings(strings: list[str]) -> list[bytes] | None:
    """Return strings that are messages; None when one of them is not."""
    messages = [string.encode("utf-8", "surrogatepass") for string in strings]
    are_messages = all(one.startswith((b"{", *_GREETINGS)) for one in messages)
    return messages if are_messages else None


def _in_packed(raw: Raw, depth: int) -> list[bytes] | None:
    packed = readable(raw, _Packed)
    if packed is None or depth >= _DEEPEST:
        return None
    try:
        text = b"".join(inflate(BytesIO(packed.data), _MOST_PACKED))
    except DecodeError:
        return None
    return _inreadable(Raw(text), depth + 1)


def _said(message: Raw) -> list[bytes] | None:
    """Return a message, be it a text or, as the console copies it, the JSON that it holds."""
    text = readable(message, str)
    if text is not None:
        return [text.encode()]
    return [bytes(message)] if bytes(message).startswith(b"{") else None
