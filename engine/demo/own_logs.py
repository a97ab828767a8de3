"""Somebody's own log files: found, laid out as in a bucket, and looked through for keys."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine import server
from engine.demo.oracle import PLACE
from engine.traffic.objects import LogFile, pack

ENDINGS = (".json", ".json.gz", ".jsonl", ".ndjson")


class NoLogs(ValueError):
    """The folder holds nothing that can be metered; the message says what was looked for."""


@dataclass(frozen=True)
class OwnLogs:
    """Files as objects of a log bucket, the time of the newest record, and what they mention."""

    files: tuple[LogFile, ...]
    newest: datetime
    metadata: Mapping[str, Mapping[str, int]]
    roles: Mapping[str, int]
    named: int


def load(folder: Path) -> OwnLogs:
    """Read a folder; a key that already is Bedrock's stays, another file gets one made for it."""
    paths = [path for path in sorted(folder.rglob("*")) if path.name.endswith(ENDINGS)]
    if not paths:
        raise NoLogs(f"{folder}: no log files ({', '.join('*' + end for end in ENDINGS)})")
    files, records = [], []
    for path in paths:
        found = list(_records(path.read_bytes()))
        records += found
        files.append(_log_file(path, found))
    times = [at for record in records if (at := _time(record))]
    if not times:
        raise NoLogs(f"{folder}: no record with a timestamp in {len(paths)} files")
    named = [record["requestMetadata"] for record in records if record.get("requestMetadata")]
    return OwnLogs(tuple(files), max(times), _keys(named), _roles(records), len(named))


def _log_file(path: Path, records: list[dict[str, Any]]) -> LogFile:
    """Keep a log file as it is where its key can stay; else write one record a line."""
    body, text = path.read_bytes(), path.as_posix()
    if PLACE.search(text):
        return LogFile(text[text.index("AWSLogs/") :], body, len(records))
    lines = b"\n".join(json.dumps(record).encode() for record in records)
    newest = max((at for record in records if (at := _time(record))), default=None)
    if newest is None:
        return LogFile(f"AWSLogs/data/{path.name}", body)
    return LogFile(_key(records[0], newest, body), pack(lines), len(records))


def _key(record: Mapping[str, Any], newest: datetime, body: bytes) -> str:
    account = str(record.get("accountId") or "")
    account = account if account.isdecimal() and len(account) == 12 else server.ACCOUNT
    region = record.get("region") or server.REGION
    folder = f"AWSLogs/{account}/BedrockModelInvocationLogs/{region}/{newest:%Y/%m/%d/%H}"
    name = f"{newest:%Y%m%dT%H%M%S}000Z_{sha256(body).hexdigest()[:16]}.json.gz"
    return f"{folder}/{name}"


def _records(body: bytes) -> Iterator[dict[str, Any]]:
    """Read values one after the other, whatever lies between them; give those that are objects."""
    text = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode("utf-8", "replace")
    decoder, place = json.JSONDecoder(), 0
    while place < len(text):
        begin = text.find("{", place)
        if begin < 0:
            return
        try:
            value, place = decoder.raw_decode(text, begin)
        except ValueError:
            place = text.find("\n", begin) + 1 or len(text)
        else:
            yield value


def _time(record: Mapping[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(record.get("timestamp")))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def _keys(named: list[dict[str, str]]) -> dict[str, Counter[str]]:
    """Count the values of every metadata key."""
    keys: dict[str, Counter[str]] = {}
    for metadata in named:
        for key, value in metadata.items():
            keys.setdefault(key, Counter())[str(value)] += 1
    return keys


def _roles(records: list[dict[str, Any]]) -> Counter[str]:
    roles: Counter[str] = Counter()
    for record in records:
        arn = str((record.get("identity") or {}).get("arn") or "")
        roles[arn.split("assumed-role/")[-1].split("/")[0] if "assumed-role/" in arn else arn] += 1
    return roles
