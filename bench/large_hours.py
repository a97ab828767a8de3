"""The evidence of whole hours, as the ingest leaves it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bedrock_meter.domain.records.evidence import PRESENT, Evidence
from bedrock_meter.domain.time.hours import Hour, Part, part_of, start_of, text_of
from bedrock_meter.logs.spool import EvidenceSpool
from bench.pretend import FolderS3

CALLS_PER_OBJECT = 2_000
MODELS = (
    "global.anthropic.claude-haiku-4-5-20251001-v1:0",
    "global.anthropic.claude-opus-4-5-20251101-v1:0",
    "amazon.nova-lite-v1:0",
    "openai.gpt-oss-120b-1:0",
)
_HOUR = timedelta(hours=1)


def write_hour(
    s3: FolderS3,
    hour: Hour,
    calls: int,
    tenants: int,
    *,
    parts: tuple[str, ...] = ("00", "15", "45"),
    calls_per_object: int = CALLS_PER_OBJECT,
) -> int:
    """Write the calls of some parts of an hour; give the bytes written.

    Calls are spread evenly over the hour, the tenants and twenty callers.
    """
    size = 0
    for first in range(0, calls, calls_per_object):
        part = part_of(_time(hour, first, calls))
        if part[14:] in parts:
            some = range(first, min(first + calls_per_object, calls))
            body = _file(part, (_call(hour, number, calls, tenants) for number in some))
            file = s3.path("data", f"evidence/{hour}/0/{part[14:]}/logs/object-{first:09d}")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(body)
            size += len(body)
    return size


def _file(part: Part, calls: Iterator[Evidence]) -> bytes:
    spool = EvidenceSpool()
    spool.add(part, calls)
    body = spool.files()[part].read()
    spool.close()
    return body


def _time(hour: Hour, number: int, calls: int) -> datetime:
    return start_of(hour) + _HOUR * number / calls


def _call(hour: Hour, number: int, calls: int, tenants: int) -> Evidence:
    scattered = number * 2_654_435_761 % 4_294_967_296  # so that calls have little in common
    return Evidence(
        line=number % CALLS_PER_OBJECT + 1,
        request_id=f"{scattered:08x}{number:014x}{hour[8:10]}{hour[11:13]}",
        at=text_of(_time(hour, number, calls)),
        account="111122223333",
        region="us-east-1",
        operation="Converse",
        model_id=MODELS[scattered % len(MODELS)],
        principal=f"arn:aws:sts::111122223333:assumed-role/app/{scattered % 20}",
        metadata={"tenantId": f"tenant-{number % tenants:05d}", "application": "chat"},
        usage={"input_tokens": 1 + scattered % 9_000, "output_tokens": scattered % 900},
        counts=PRESENT,
        error_code=None,
        tier="standard",
        body_model=None,
        latency_ms=200 + scattered % 8_800,
        first_byte_ms=None,
        assumptions=[],
    )
