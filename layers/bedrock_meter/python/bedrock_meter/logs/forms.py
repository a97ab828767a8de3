"""The forms in which people keep records that CloudWatch Logs had: each is unwrapped to messages.

Insights results   {"results": [[{"field": "@message", "value": …}, …]]}, or the bare list
events             {"events": [{"message": …}]} (filter-log-events), {"events": [{"@message": …}]}
subscriptions      {"messageType": "DATA_MESSAGE", "logEvents": [{"message": …}]}
console, exports   2026-11-21T09:05:00.000Z {…}, also as lines of CSV, with the stream's name

None of them ever lies in a log bucket, so only the commands that read kept files know them.
Subscription data is packed, and what delivers it packs it again.
"""

import re
from collections.abc import Iterator

import msgspec
from msgspec import Raw, Struct, field

from bedrock_meter.logs.gunzip import MAGIC, ByteSource, Limits, inflate
from bedrock_meter.logs.records import NOTHING

# What Bedrock and CloudWatch write into a log group to see whether they may.
_GREETINGS = (
    b"Permissions are correctly set for Amazon Bedrock logs.",
    b"CWL CONTROL MESSAGE",
)
_MESSAGE = "@message"
_HEADING = re.compile(rb'"?@?timestamp"?,"?@?message"?(,[",@\w]*)?')
_TIME = rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?|\d{13}"
_STAMPED = re.compile(rb'"?(?:' + _TIME + rb')"?(?:,|[ \t]+(?:[^\s"{]\S*[ \t]+)?)(?=["{PC])')
_QUOTED = re.compile(rb'"((?:[^"]++|"")*+)"')
_BLANK = b" \t\r\n"


class _Value(Struct, gc=False):
    """A value as far as it tells of messages; a record of Bedrock's own has a `schemaType`."""

    schemaType: Raw = NOTHING
    results: Raw = NOTHING
    events: Raw = NOTHING
    logEvents: Raw = NOTHING
    queried: Raw = field(name=_MESSAGE, default=NOTHING)
    message: Raw = NOTHING
    field: Raw = NOTHING
    value: Raw = NOTHING


class Forms:
    """Unwraps what a file holds. `greetings` counts the lines that speak of permissions."""

    def __init__(self) -> None:
        self.greetings = 0

    def messages_in(self, text: bytes) -> list[bytes] | None:
        """Give the messages in a line or value; None when it is of no known form.

        Greetings are counted and left out, so the list may be empty.
        """
        found = _messages_in(text.strip(_BLANK))
        if found is None:
            return None
        messages = [message for message in found if not message.startswith(_GREETINGS)]
        self.greetings += len(found) - len(messages)
        return messages


def is_exported(line: bytes) -> bool:
    """Tell a line that CloudWatch wrote; in a log bucket what follows its time is no record."""
    return _STAMPED.match(line) is not None


def unpacked(source: ByteSource, limits: Limits) -> Iterator[bytes]:
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
        """Give up to so many of the next bytes; none at the end."""
        held = self._held or next(self._rest, b"")
        self._held = held[size:]
        return held[:size]


def _messages_in(text: bytes) -> list[bytes] | None:
    if text.startswith(_GREETINGS):
        return [text]
    if text.startswith((b"{", b"[")):
        return _in_json(Raw(text))
    if stamp := _STAMPED.match(text):
        return [_unquoted(text[stamp.end() :])]
    return [] if _HEADING.fullmatch(text) else None


def _unquoted(text: bytes) -> bytes:
    """Take a message out of its field of CSV."""
    quoted = _QUOTED.match(text)
    return quoted[1].replace(b'""', b'"') if quoted else text


def _in_json(raw: Raw) -> list[bytes] | None:
    """Look into a value; None when it is a record, or of no known form."""
    elements = _json(raw, list[Raw])
    if elements is not None:
        return [*_in_all(elements)]
    value = _json(raw, _Value)
    if value is None or len(value.schemaType):
        return None
    for several in (value.results, value.events, value.logEvents):
        elements = _json(several, list[Raw])
        if elements is not None:
            return [*_in_all(elements)]
    if len(value.field) and len(value.value):
        return _said(value.value) if _json(value.field, str) == _MESSAGE else []
    return _said(value.queried if len(value.queried) else value.message)


def _in_all(elements: list[Raw]) -> Iterator[bytes]:
    """Give the messages of every element; one of no known form stands for itself."""
    for element in elements:
        messages = _in_json(element)
        if messages is None:
            yield bytes(element)
        else:
            yield from messages


def _said(message: Raw) -> list[bytes] | None:
    """Give a message, be it a text or, as the console copies it, the JSON that it holds."""
    text = _json(message, str)
    if text is not None:
        return [text.encode()]
    return [bytes(message)] if bytes(message).startswith(b"{") else None


def _json[Kind](raw: Raw, kind: type[Kind]) -> Kind | None:
    try:
        return msgspec.json.decode(raw, type=kind) if len(raw) else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
