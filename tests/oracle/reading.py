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


@dataclass(frozen=True)
class Line:
    """One line of a log object: a record with its UTC time, or the reason it is refused."""

    object_id: str
    number: int
    record: Mapping[str, Any] | None
    at: datetime | None
    refused: str | None = None


def lines_of(objects: Mapping[str, bytes]) -> Iterator[Line]:
    """Read every log object of a bucket (bytes by key), in the order of the keys."""
    for key in sorted(objects):
        if is_log(key, objects[key]):
            yield from _lines(key, objects[key])


def is_log(key: str, body: bytes) -> bool:
    """Tell log objects from what else lies in the bucket."""
    parts = key[PLACE.search(key).end() if PLACE.search(key) else 0 :].split("/")
    probe = parts[-1] == "amazon-bedrock-logs-permission-check"
    return bool(body) and "data" not in parts and not probe and ".json" in parts[-1]


def _lines(key: str, body: bytes) -> Iterator[Line]:
    text = gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    for number, raw in enumerate(text.split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            record = json.loads(raw.decode("utf-8", "surrogateescape"), parse_constant=str)
            at = _checked(record, key)
        except (ValueError, TypeError, RecursionError) as problem:
            yield Line(key, number, None, None, str(problem) or "unreadable")
        else:
            yield Line(key, number, record, at)


def _checked(record: Any, key: str) -> datetime:
    """Give the time of a record; ValueError when the line is to be refused."""
    if not isinstance(record, dict) or record.get("schemaType") != "ModelInvocationLog":
        raise ValueError("not_a_record")
    for side in ("input", "output"):
        for name, count in (record.get(side) or {}).items():
            if name.endswith("TokenCount") and count is not None:
                _check_count(count)
    at = datetime.fromisoformat(record["timestamp"])
    if at.tzinfo is None:
        raise ValueError("bad_time")
    stamp = STAMP.match(key.rpartition("/")[2])
    if stamp:
        delivered = datetime.strptime(stamp[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        if not EARLIEST <= at - delivered <= LATEST:
            raise ValueError("clock")
    return at.astimezone(UTC)


def _check_count(count: Any) -> None:
    if type(count) is not int or not 0 <= count <= MOST:
        raise ValueError("bad_count")
