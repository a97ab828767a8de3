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
    files, newest = [], []
    for path in paths:
        found = list(_records(path.read_bytes()))
        newest += [at for record in found if (at := _time(record))]
        files.append(_log_file(path, found))
    if not newest:
        raise NoLogs(f"{folder}: no record with a timestamp in {len(paths)} files")
    return OwnLogs(tuple(files), max(newest), _discovered(files))


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


def _discovered(files: Iterable[LogFile]) -> Discovery:
    """Look through all records for what could name a tenant; every metadata key is kept here."""
    discovery, valuation = Discovery(), Valuation(DEFAULT_POLICY, prices.shipped())
    for file in files:
        if not is_log_file(file.key, len(file.body)):
            continue
        log = log_object_of("", file.key)
        source = Source(log.object_id, log.stamp, log.account, log.region)
        for found in read_log(BytesIO(file.body), source, lambda metadata: dict(metadata or {})):
            if isinstance(found, Evidence):
                attribution, charge = valuation.of(found)
                discovery.add(found, attribution, charge.priced)
    return discovery
