"""What of a rejected line may be kept: metering fields of the right shape, never free text.

The value of a field that fails its shape could be anything, a prompt included, so it is dropped.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Raw

from bedrock_meter.logs.records import LooseInput, LooseOutput, LooseRecord, readable

_SHAPES = {
    "timestamp": r"[0-9TZ:. +-]{1,40}",
    "accountId": r"[0-9*xX]{1,20}",
    "region": r"[a-z]{2,4}(-[a-z]{2,10}){1,3}-[0-9]{1,2}",
    "requestId": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "operation": r"[A-Z][A-Za-z]{1,39}",
    "modelId": r"[A-Za-z0-9][A-Za-z0-9:./_-]{1,255}",
    "errorCode": r"[A-Z][A-Za-z]{1,63}",
}
_EXPRESSIONS = {name: re.compile(shape) for name, shape in _SHAPES.items()}
_NUMBER = re.compile(r"-?[0-9][0-9.eE+-]{0,39}|-?Infinity|NaN|true|false")


def readable_fields(line: bytes | Raw) -> dict[str, str | int]:
    """Return the metering fields of a line that can be read; none of what is not a JSON object."""
    record = readable(line, LooseRecord)
    if record is None:
        return {}
    kept: dict[str, str | int] = {}
    for name, expression in _EXPRESSIONS.items():
        text = readable(getattr(record, name), str)
        if text is not None and expression.fullmatch(text):
            kept[name] = text
    kept.update(_counts(readable(record.input, LooseInput)))
    kept.update(_counts(readable(record.output, LooseOutput)))
    return kept


def _counts(part: Any) -> Iterator[tuple[str, str | int]]:
    """Return the counts of one part; what is not a whole number as its text."""
    for name in part.__struct_fields__ if part else ():
        if name.endswith("Count"):
            text = bytes(getattr(part, name)).decode("ascii", "replace")
            if _NUMBER.fullmatch(text):
                yield name, int(text) if re.fullmatch("-?[0-9]{1,18}", text) else text


def merged(fields: Mapping[str, str | int], message: str) -> dict[str, str | int]:
    """Add a sentence about what was wrong; it may hold numbers and field names only."""
    return {**fields, "message": message} if message else dict(fields)
