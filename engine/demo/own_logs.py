"""A person's own log files: found, laid out as in a bucket, and searched for keys."""

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

from bedrock_meter import prices
from bedrock_meter.domain.policy.discovery import Discovery
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.log_object import PERMISSION_PROBE, is_log_file, log_object_of
from bedrock_meter.domain.time.hours import parse_time
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs.decode import Refused, batches
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.folders import ENDINGS, FOREIGN, entries_in, is_body, where_it_leads
from bedrock_meter.logs.forms import Forms, unpacked
from bedrock_meter.logs.gunzip import DEFAULT_LIMITS, MAGIC, DecodeError
from bedrock_meter.logs.lenient import NOT_JSON
from bedrock_meter.logs.log import read_log
from engine import server
from engine.demo.oracle import PLACE
from engine.traffic.objects import LogFile, pack

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_DECODER = json.JSONDecoder()
_REGION = re.compile(r"[a-z0-9-]{1,32}")
DAMAGES = frozenset(kind.reason for kind in DecodeError.__subclasses__())


class NoLogs(ValueError):
    """The folder holds nothing that can be metered; the message says what was looked for."""


@dataclass(frozen=True)
class OwnLogs:
    """Files as objects of a log bucket, the time of the newest record, and who calls in them.

    `remarks` say, a line each, what of the folder is not played and why.
    """

    files: tuple[LogFile, ...]
    newest: datetime
    discovery: Discovery
    remarks: tuple[str, ...] = ()


@dataclass
class FileContent:
    """What a file holds: its records, the reasons of its rejects, lines about permissions."""

    records: list[dict[str, Any]] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    greetings: int = 0

    @property
    def damages(self) -> list[str]:
        """Why the file cannot be unpacked to its end."""
        return sorted(DAMAGES & self.refused.keys())

    @property
    def newest(self) -> datetime | None:
        """The time of the newest record."""
        return max(filter(None, map(_time, self.records)), default=None)


def load(folder: Path) -> OwnLogs:
    """Read a folder; a key that already is Bedrock's stays, another file gets one made for it."""
    found = _entries(folder)
    paths = [path for path in found if path.is_file() and _is_log(path)]
    if not paths:
        raise NoLogs(f"{folder}: no log files ({', '.join('*' + end for end in ENDINGS)})")
    files: list[LogFile] = []
    rewritten: dict[str, list[dict[str, Any]]] = {}
    remarks, newest = [*_left_out(folder, found)], []
    for path in paths:
        try:
            body = path.read_bytes()
        except OSError as error:
            remarks.append(f"{path}: cannot be read: {error.strerror}")
            continue
        kept = _kept(body)
        if kept.newest:
            newest.append(kept.newest)
        as_it_is = _as_it_is(path, body, kept)
        if as_it_is:
            files.append(as_it_is)
            continue
        remarks += [f"{path}: {remark}" for remark in _remarks(kept)]
        for record in kept.records if kept.newest else ():
            at = _time(record) or kept.newest
            rewritten.setdefault(_folder(record, at), []).append(record)
    if not newest:
        raise NoLogs(f"{folder}: no record with a timestamp in {len(paths)} files")
    files += [_log_file(place, records) for place, records in sorted(rewritten.items())]
    return OwnLogs(tuple(files), max(newest), _discovered(files), tuple(remarks))


def _entries(folder: Path) -> list[Path]:
    try:
        return entries_in(folder)
    except OSError as error:
        raise NoLogs(f"{error.filename}: cannot be read: {error.strerror}") from error


def _is_log(path: Path) -> bool:
    """Return whether a log file has such a name; under Bedrock's own key all are taken."""
    is_own = PLACE.search(path.as_posix()) is not None
    return path.name.endswith(ENDINGS) and (is_own or not is_body(path))


def _left_out(folder: Path, found: Iterable[Path]) -> Iterator[str]:
    """Return which files of the folder are no logs; bodies and media are only counted."""
    beside = 0
    for path in found:
        if not path.is_file():
            if path.is_symlink():
                yield f"{path}: not played; a link to {where_it_leads(path)}"
        elif _is_log(path) or path.name == PERMISSION_PROBE:
            continue
        elif path.parent.name == "data":
            beside += 1
        else:
            yield f"{path}: not played; log files end in {', '.join(ENDINGS)}"
    if beside:
        yield f"{folder}: bodies moved out of records, not played: {beside}"


def _kept(body: bytes) -> FileContent:
    """Read the records of a file, whatever form it was kept in."""
    kept, forms = FileContent(), Forms()
    for found in batches(unpacked(BytesIO(body), DEFAULT_LIMITS), forms):
        if isinstance(found, Refused):
            kept.refused[found.reason] += 1
            continue
        for text in found.source.text.splitlines() if found.by_line else [found.source.text]:
            try:
                kept.records += _values(text)
            except (ValueError, RecursionError):  # such as a number too long for Python
                kept.refused[NOT_JSON] += 1
    kept.greetings = forms.greetings
    return kept


def _as_it_is(path: Path, body: bytes, kept: FileContent) -> LogFile | None:
    """Return a file that can be uploaded as it is: Bedrock's own, or one record a line.

    None for damaged files and for those of another form, printed to be read or kept of a log
    group: their records are written anew, one log file an hour.
    """
    text = path.as_posix()
    own = text[text.index("AWSLogs/") :] if PLACE.search(text) else None
    if own and not is_log_file(own, len(body)):
        return LogFile(own, body)
    if kept.damages:
        return None
    if _records_on_lines(body) < len(kept.records):
        return None
    if own:
        return LogFile(own, body, len(kept.records))
    if not kept.newest or kept.greetings:
        return None
    return LogFile(_key(kept.records, body), body, len(kept.records))


def _records_on_lines(body: bytes) -> int:
    """Count the lines of a file that are whole records."""
    text = gzip.decompress(body) if body.startswith(MAGIC) else body
    return sum(_is_record(line) for line in text.splitlines())


def _is_record(line: bytes) -> bool:
    try:
        record = _json(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(record, dict) and "schemaType" in record


def _json(text: bytes) -> Any:
    return json.loads(text.decode("utf-8", "replace"))


def _values(text: bytes) -> list[Any]:
    """Decode values that follow each other on a line."""
    written = text.decode("utf-8", "replace").strip()
    values, place = [], 0
    while place < len(written):
        value, place = _DECODER.raw_decode(written, place)
        values.append(value)
        while written[place : place + 1].isspace():
            place += 1
    return values


def _remarks(kept: FileContent) -> Iterator[str]:
    """Return what of a file is not played."""
    damage = f"damaged ({', '.join(kept.damages)}); " if kept.damages else ""
    if not kept.records:
        yield f"{damage}{_why_nothing(kept)}; not played"
        return
    if damage:
        yield f"{damage}played as far as it can be read"
    if not kept.newest:
        yield "no record in it has a time; not played"
    if kept.greetings:
        yield f"lines about permissions, which are no records, left out: {kept.greetings}"
    if lost := sum(kept.refused.values()) - len(kept.damages):
        yield f"lines that cannot be metered, not played: {lost}"


def _why_nothing(kept: FileContent) -> str:
    reasons = ", ".join(sorted(kept.refused.keys() - FOREIGN))
    what = f"no record in it that can be metered ({reasons})"
    return what if reasons else "no invocation record in it"


def _log_file(folder: str, records: list[dict[str, Any]]) -> LogFile:
    """Write records as one log file, one a line."""
    body = b"\n".join(json.dumps(record).encode() for record in records)
    return LogFile(_key(records, body), pack(body), len(records))


def _key(records: list[dict[str, Any]], body: bytes) -> str:
    """Make the key that Bedrock would have given: in the folder, and with the stamp, of the newest
    record."""
    newest = max(records, key=lambda record: _time(record) or LONG_AGO)
    at = _time(newest)
    stamp = f"{at or LONG_AGO:%Y%m%dT%H%M%S}000Z"
    return f"{_folder(newest, at)}/{stamp}_{sha256(body).hexdigest()[:16]}.json.gz"


def _folder(record: Mapping[str, Any], at: datetime | None) -> str:
    """Return the folder of a record's account and Region, and of the hour it is put in."""
    account = str(record.get("accountId") or "")
    account = account if account.isdecimal() and len(account) == 12 else server.ACCOUNT
    region = str(record.get("region"))
    region = region if _REGION.fullmatch(region) else server.REGION
    return f"AWSLogs/{account}/BedrockModelInvocationLogs/{region}/{at or LONG_AGO:%Y/%m/%d/%H}"


def _time(record: Mapping[str, Any]) -> datetime | None:
    try:
        return parse_time(str(record.get("timestamp")))
    except ValueError:
        return None


def _discovered(files: Iterable[LogFile]) -> Discovery:
    """Search all records for what could name a tenant."""
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
