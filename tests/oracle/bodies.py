"""Bodies of a record as JSON values, whether they were logged as such or as a text."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def request_of(record: Mapping[str, Any]) -> Any:
    """Return the request; None where it is not in the record."""
    return _value((record.get("input") or {}).get("inputBodyJson"))


def response_of(record: Mapping[str, Any]) -> Any:
    """Return the response; None where it is not in the record."""
    return _value((record.get("output") or {}).get("outputBodyJson"))


def is_moved_out(record: Mapping[str, Any]) -> bool:
    """Return whether the request was too large for the record."""
    return request_of(record) is None and bool((record.get("input") or {}).get("inputBodyS3Path"))


def events_of(body: Any) -> list[dict[str, Any]]:
    """Return the events of a stream; a response in one piece is the only one."""
    if isinstance(body, list):
        return [event for event in body if isinstance(event, dict)]
    return [body] if isinstance(body, dict) else []


def messages_of(body: Any) -> Iterator[dict[str, Any]]:
    """Return everything in a response that may state usage, in order."""
    for event in events_of(body):
        for part in (event.get("message"), event.get("response"), event):
            if isinstance(part, dict):
                yield part


def listed(value: Any) -> list[Any]:
    """Return a list; nothing for what is none."""
    return value if isinstance(value, list) else []


def mapped(value: Any) -> dict[str, Any]:
    """Return an object; an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def _value(body: Any) -> Any:
    if not isinstance(body, str):
        return body
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return None if isinstance(found, str) else found
