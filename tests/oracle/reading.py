"""From objects of a bucket to records: which objects count, which lines, and which are refused."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

PLACE = re.compile(r"AWSLogs/(\d{12})/BedrockModelInvocationLogs/([a-z0-9-]+)/")
STAMP = re.compile(r"(\d{8}T\d{6})\d*Z_")
EARLIEST, LATEST = timedelta(days=-30), timedelta(hours=1)
MOST = 10**12
LONGEST_MODEL = 2048


@dataclass(frozen=True)
class LogLine:
    """One line of a log object: a record with its UTC time, or the reason it is refused.

    `region` is the record's, or where it has none that of the object's key.
    """

    object_id: str
    number: int
    record: Mapping[str, Any] | None
    at: datetime | None
    refused: str | None = None
    region: str = ""


def lines_of(objects: Mapping[str, bytes]) -> Iterator[LogLine]:
    """Read every log object of a bucket (bytes by key), in the order of the keys."""
    for key in sorted(objects):
        if is_log(key, objects[key]):
            yield from _lines(key, objects[key])


def is_log(key: str, body: bytes) -> bool:
    """Tell log objects from what else lies in the bucket."""
    parts = key[PLACE.search(key).end() if PLACE.search(key) else 0 :].split("/")
    probe = parts[-1] == "amazon-bedrock-logs-permission-check"
    return bool(body) and "data" not in parts and not probe and ".json" in parts[-1]


def _lines(key: str, body: bytes) -> Iterator[LogLine]:
    text = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    for number, raw in enumerate(text.split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            record = json.loads(raw.decode("utf-8", "surrogateescape"), parse_constant=str)
            at = _checked(record, key)
        except (ValueError, TypeError, RecursionError) as problem:
            yield LogLine(key, number, None, None, str(problem) or "unreadable")
        else:
            yield LogLine(key, number, record, at, None, _region_of(record, key))


def _checked(record: Any, key: str) -> datetime:
    """Return the time of a record; ValueError when the line is to be refused."""
    if not isinstance(record, dict) or record.get("schemaType") != "ModelInvocationLog":
        raise ValueError("not_a_record")
    if not isinstance(record.get("timestamp"), str):
        raise ValueError("bad_time")
    model = record.get("modelId")
    if not isinstance(model, str) or not 1 <= len(model.encode()) <= LONGEST_MODEL:
        raise ValueError("bad_field")
    if not _region_of(record, key):
        raise ValueError("bad_field")
    for side in ("input", "output"):
        _check_counts(record.get(side) or {})
    return _time_of(record["timestamp"], key)


def _time_of(text: str, key: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("bad_time")
    stamp = STAMP.match(key.rpartition("/")[2])
    if stamp:
        delivered = datetime.strptime(stamp[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        if not EARLIEST <= at - delivered <= LATEST:
            raise ValueError("clock")
    return at.astimezone(UTC)


def _region_of(record: Mapping[str, Any], key: str) -> str:
    place = PLACE.search(key)
    return record.get("region") or (place[2] if place else "")


def _check_counts(part: Any) -> None:
    if not isinstance(part, dict):
        raise ValueError("bad_field")
    for name, count in part.items():
        if name.endswith("TokenCount") and count is not None:
            _check_count(count)


def _check_count(count: Any) -> None:
    if type(count) is not int or not 0 <= count <= MOST:
        raise ValueError("bad_count")
