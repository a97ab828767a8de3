"""Somebody's own log files: found, laid out as in a bucket, and looked through for keys."""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from bedrock_meter import prices
from bedrock_meter.domain.discovery import Discovery
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.log_object import is_log_file, log_object_of
from bedrock_meter.domain.policy import DEFAULT_POLICY
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.log import read_log
from engine import server
from engine.demo.oracle import PLACE
from engine.traffic.objects import LogFile, pack

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
ENDINGS = (".json", ".json.gz", ".jsonl", ".ndjson")


class NoLogs(ValueError):
    """The folder holds nothing that can be metered; the message says what was looked for."""


@dataclass(frozen=True)
class OwnLogs:
    """Files as objects of a log bucket, the time of the newest record, and who calls in them."""

    files: tuple[LogFile, ...]
    newest: datetime
    discovery: Discovery


def load(folder: Path) -> OwnLogs:
    """Read a folder; a key that already is Bedrock's stays, another file gets one made for it."""
    paths = [path for path in sorted(folder.rglob("*")) if path.name.endswith(ENDINGS)]
    if not paths:
        raise NoLogs(f"{folder}: no log files ({', '.join('*' + end for end in ENDINGS)})")
    files: list[LogFile] = []
    printed: dict[str, list[dict[str, Any]]] = {}
    newest = []
    for path in paths:
        body = path.read_bytes()
        records = list(_records(body))
        newest += [at for record in records if (at := _time(record))]
        if key := _key_of(path, body, records):
            files.append(LogFile(key, body, len(records)))
        else:
            for record in records:
                printed.setdefault(_folder(record), []).append(record)
    if not newest:
        raise NoLogs(f"{folder}: no record with a timestamp in {len(paths)} files")
    files += [_log_file(place, records) for place, records in sorted(printed.items())]
    return OwnLogs(tuple(files), max(newest), _discovered(files))


def _key_of(path: Path, body: bytes, records: list[dict[str, Any]]) -> str | None:
    """Name a file that can be uploaded as it is: Bedrock's own, or one record a line.

    None for files printed to be read: their records are written anew, one log file an hour.
    """
    text = path.as_posix()
    if PLACE.search(text):
        return text[text.index("AWSLogs/") :]
    if not _has_whole_lines(body) or not any(map(_time, records)):
        return None
    return _key(records, body)


def _has_whole_lines(body: bytes) -> bool:
    """Tell whether any line of a file is a whole JSON object."""
    for line in _unpacked(body).splitlines():
        try:
            if isinstance(json.loads(line), dict):
                return True
        except ValueError:
            continue
    return False


def _log_file(folder: str, records: list[dict[str, Any]]) -> LogFile:
    """Write records as one log file, one a line."""
    body = b"\n".join(json.dumps(record).encode() for record in records)
    return LogFile(_key(records, body), pack(body), len(records))


def _key(records: list[dict[str, Any]], body: bytes) -> str:
    """Make the key that Bedrock would have given: in the folder, and with the stamp, of the newest
    record."""
    newest = max(records, key=lambda record: _time(record) or LONG_AGO)
    stamp = f"{_time(newest):%Y%m%dT%H%M%S}000Z"
    return f"{_folder(newest)}/{stamp}_{sha256(body).hexdigest()[:16]}.json.gz"


def _folder(record: Mapping[str, Any]) -> str:
    """Name the folder of a record's account, Region and hour."""
    account = str(record.get("accountId") or "")
    account = account if account.isdecimal() and len(account) == 12 else server.ACCOUNT
    region = record.get("region") or server.REGION
    at = _time(record)
    hour = f"{at:%Y/%m/%d/%H}" if at else "data"
    return f"AWSLogs/{account}/BedrockModelInvocationLogs/{region}/{hour}"


def _records(body: bytes) -> Iterator[dict[str, Any]]:
    """Read values one after the other, whatever lies between them; give those that are objects."""
    text = _unpacked(body)
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


def _unpacked(body: bytes) -> str:
    return (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode("utf-8", "replace")


def _time(record: Mapping[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(record.get("timestamp")))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else None


def _discovered(files: Iterable[LogFile]) -> Discovery:
    """Look through all records for what could name a tenant."""
    discovery, valuation = Discovery(), Valuation(DEFAULT_POLICY, prices.shipped())
    for file in files:
        if not is_log_file(file.key, len(file.body)):
            continue
        log = log_object_of("", file.key)
        source = Source(log.object_id, log.stamp, log.account, log.region)
        for found in read_log(BytesIO(file.body), source):
            if isinstance(found, Evidence):
                attribution, charge = valuation.of(found)
                discovery.add(found, attribution, charge.priced)
    return discovery
