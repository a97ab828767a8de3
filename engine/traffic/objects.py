"""How records become S3 objects: keys, batches, and the objects that are no log files at all."""

import gzip
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.traffic.oddities import Lines
from engine.traffic.records import TrafficContext

PROBE = "amazon-bedrock-logs-permission-check"
BATCH = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class LogFile:
    """One object to upload; `records` is the number of its lines, 0 where it is no log file."""

    key: str
    body: bytes
    records: int = 0


def pack(body: bytes) -> bytes:
    """Compress the same bytes to the same bytes, whenever it is done."""
    return gzip.compress(body, compresslevel=6, mtime=0)


def log_files(context: TrafficContext, lines: Lines, now: datetime) -> list[LogFile]:
    """Batch lines by the minutes they were made in; some batches come in two objects."""
    batches: dict[datetime, list[bytes]] = {}
    for at, line in lines:
        start = at - (at - datetime.min.replace(tzinfo=at.tzinfo)) % BATCH
        batches.setdefault(start, []).append(line)
    files = []
    for start, batch in sorted(batches.items()):
        context.rng.shuffle(batch)
        cut = context.rng.choice((0, 0, len(batch) // 3))
        parts = [part for part in (batch[:cut], batch[cut:]) if part]
        files += [log_file(context, delivery(context, start, now), part) for part in parts]
    return files


def delivery(context: TrafficContext, start: datetime, now: datetime) -> datetime:
    """Return when a batch reaches the bucket: some seconds after its end, but not in the future."""
    at = start + BATCH + timedelta(milliseconds=context.rng.randrange(9_000, 60_000))
    return min(at, now)


def log_file(context: TrafficContext, at: datetime, lines: list[bytes]) -> LogFile:
    """Make one log file: one record a line, here and there a blank one."""
    stamp = f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03d}Z"
    name = f"{stamp}_{context.rng.getrandbits(64):016x}.json.gz"
    body = b"\n".join(lines) + context.rng.choice((b"\n", b"\n", b"", b"\n\n"))
    return LogFile(f"{context.folder(at.isoformat())}/{name}", pack(body), len(lines))


def side_files(context: TrafficContext, now: datetime) -> list[LogFile]:
    """Make what lies beside the log files: bodies, media, the permission probe, an empty object."""
    files = [LogFile(key, pack(json.dumps(body).encode())) for key, body in context.side]
    folder = context.folder(now.isoformat())
    empty = f"{folder}/{now:%Y%m%dT%H%M%S}000Z_{0:016x}.json.gz"
    root = folder.partition("BedrockModelInvocationLogs/")[0] + "BedrockModelInvocationLogs"
    media = f"{folder}/data/{context.request_id()}_input_media_00.pdf"
    return [
        *files,
        LogFile(f"{root}/{PROBE}", b""),
        LogFile(f"{folder}/data/{PROBE}", b""),
        LogFile(media, b"%PDF-1.7 no log"),
        LogFile(empty, b""),
    ]
