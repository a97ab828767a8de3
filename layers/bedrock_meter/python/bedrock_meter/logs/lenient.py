"""Lenient decoding: field by field where a record does not decode as a whole, or what is wrong.

What the meter needs must be right; what merely refines a charge is left out when it is not.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import Raw

from bedrock_meter.logs.records import (
    NOTHING,
    SCHEMA_TYPE,
    Body,
    Count,
    Event,
    Identity,
    Input,
    LooseInput,
    LooseOutput,
    LooseRecord,
    Output,
    Performance,
    Record,
    Response,
    readable,
)

NOT_JSON = "not_json"
NOT_A_RECORD = "not_a_record"
TOO_DEEP = "too_deep"
NOT_UTF8 = "not_utf8"
BAD_FIELD = "bad_field"
BAD_COUNT = "bad_count"
BAD_TIME = "bad_time"

# Every escape in turn, so that an escaped backslash never passes for the beginning of one; the
# group catches halves of surrogate pairs, which are no text.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
# A noncharacter in a spelling of its own stands for such a half.
_MARK = b"\\uFdD0"
_MOST_TOLERANT_BYTES = 256 << 10
_decode_count: Callable[[Raw], int | None] = msgspec.json.Decoder(Count).decode
_INPUT_COUNTS = ("inputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")
_UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError)


class UnmeterableLine(Exception):
    """A line that is no record, or one that cannot be counted; the message names the field."""

    def __init__(self, reason: str, message: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


def decode_leniently(line: bytes) -> Record:
    """Read a record whose strict reading failed; `UnmeterableLine` says why it cannot be."""
    loose = _loose_record(line)
    if _text(loose.schemaType, "schemaType", NOT_A_RECORD) != SCHEMA_TYPE:
        raise UnmeterableLine(NOT_A_RECORD, "schemaType is not ModelInvocationLog")
    timestamp = _text(loose.timestamp, "timestamp", BAD_TIME)
    model_id = _text(loose.modelId, "modelId")
    if not timestamp:
        raise UnmeterableLine(BAD_TIME, "timestamp is missing")
    if not model_id:
        raise UnmeterableLine(BAD_FIELD, "modelId is missing")
    return Record(
        schemaType="ModelInvocationLog",
        timestamp=timestamp,
        modelId=model_id,
        accountId=readable(loose.accountId, str),
        region=_text(loose.region, "region"),
        requestId=_text(loose.requestId, "requestId"),
        operation=_text(loose.operation, "operation"),
        identity=_identity(loose.identity),
        input=_input(loose.input),
        output=_output(loose.output),
        requestMetadata=_metadata(loose.requestMetadata),
        errorCode=_text(loose.errorCode, "errorCode"),
        performanceConfig=readable(loose.performanceConfig, Performance),
    )


def _loose_record(line: bytes) -> Any:
    try:
        return _decode_loosely(line)
    except msgspec.ValidationError:
        raise UnmeterableLine(NOT_A_RECORD, "not a JSON object") from None
    except RecursionError:
        raise UnmeterableLine(TOO_DEEP, "nested too deeply") from None
    except _UNDECODABLE:
        raise _why_not_json(line) from None


def _decode_loosely(line: bytes) -> Any:
    """Decode a line in which half a surrogate pair may stand: cut text of a prompt, mostly."""
    try:
        return msgspec.json.decode(line, type=LooseRecord)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        marked = _ESCAPE.sub(lambda escape: _MARK if escape[1] else escape[0], line)
        if marked == line:
            raise
        return msgspec.json.decode(marked, type=LooseRecord)


def _why_not_json(line: bytes) -> UnmeterableLine:
    """Return the reason: NaN and Infinity, which some writers take for JSON, or no JSON at all."""
    if len(line) <= _MOST_TOLERANT_BYTES and (b"NaN" in line or b"Infinity" in line):
        try:
            json.loads(line)
        except (ValueError, RecursionError):
            pass
        else:
            return UnmeterableLine(BAD_COUNT, "NaN or Infinity in place of a number")
    return UnmeterableLine(NOT_JSON)


def _utf8(raw: Raw, kind: Any, name: str) -> Any:
    """Read a field of a kind; raise `UnmeterableLine` where it is not valid UTF-8."""
    if _MARK in bytes(raw):
        raise UnmeterableLine(NOT_UTF8, f"{name} holds half a surrogate pair")
    try:
        return msgspec.json.decode(raw, type=kind) if len(raw) else None
    except msgspec.ValidationError:
        raise
    except _UNDECODABLE:
        raise UnmeterableLine(NOT_UTF8, f"{name} is not valid UTF-8") from None


def _text(raw: Raw, name: str, reason: str = BAD_FIELD) -> str | None:
    try:
        text: str | None = _utf8(raw, str | None, name)
    except msgspec.ValidationError:
        raise UnmeterableLine(reason, f"{name} is not a text") from None
    return text


def _identity(raw: Raw) -> Identity | None:
    """Read who called; some writers put a list here, which names no caller."""
    try:
        identity: Identity | None = _utf8(raw, Identity | None, "identity.arn")
    except msgspec.ValidationError:
        return None
    return identity


def _part[Part](raw: Raw, kind: type[Part], name: str) -> Part | None:
    if not len(raw):
        return None
    try:
        return msgspec.json.decode(raw, type=kind | None)
    except msgspec.ValidationError:
        raise UnmeterableLine(BAD_FIELD, f"{name} is not an object") from None


def _input(raw: Raw) -> Input | None:
    part = _part(raw, LooseInput, "input")
    if part is None:
        return None
    return Input(
        **{name: _count(getattr(part, name), name) for name in _INPUT_COUNTS},
        inputBodyJson=part.inputBodyJson or NOTHING,
        inputBodyS3Path=readable(part.inputBodyS3Path, str),
    )


def _output(raw: Raw) -> Output | None:
    part = _part(raw, LooseOutput, "output")
    if part is None:
        return None
    return Output(
        outputTokenCount=_count(part.outputTokenCount, "outputTokenCount"),
        outputBodyJson=response_of(part.outputBodyJson),
        outputBodyS3Path=readable(part.outputBodyS3Path, str),
        outputVideoDurationSeconds=readable(part.outputVideoDurationSeconds, float),
        outputVideoHeight=readable(part.outputVideoHeight, int),
    )


def response_of(raw: Raw) -> Response:
    """Read a response, JSON or a text that holds JSON; None when it is neither.

    The list of a stream may hold anything; only its objects are events.
    """
    body = readable(raw, Body)
    if body is not None:
        return body
    if (text := readable(raw, str)) is not None:
        return response_of(Raw(text.encode())) if text.lstrip()[:1] in ("{", "[") else None
    events = readable(raw, list[Raw])
    if events is None:
        return None
    return [readable(event, Event) for event in events]


def _count(raw: Raw, name: str) -> int | None:
    if not len(raw):
        return None
    try:
        return _decode_count(raw)
    except _UNDECODABLE:
        raise UnmeterableLine(
            BAD_COUNT, f"{name} is not a whole number from 0 to 1000000000000"
        ) from None


def _metadata(raw: Raw) -> dict[str, str] | None:
    """Read request metadata; entries that are not text are left out."""
    entries = _utf8(raw, Any, "requestMetadata")
    if not isinstance(entries, Mapping):
        return None
    return {key: value for key, value in entries.items() if isinstance(value, str)}
