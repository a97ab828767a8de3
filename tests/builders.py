"""Values for tests, with everything in place but what a test is about."""

import gzip
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from bedrock_meter.domain.records.evidence import PRESENT, Evidence
from bedrock_meter.domain.records.log_object import LogObject, log_object_of
from bedrock_meter.domain.time.hours import Hour, Slot
from bedrock_meter.domain.totals.partial import Partial, PartialRow

NINE = Hour("2026-11-21T09")
HAIKU = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
ACCOUNT = "111122223333"
REGION = "us-east-1"


def at(text: str) -> datetime:
    """`at("09:05")` on the day of the tests, or any longer text."""
    day = "2026-11-21T"
    return datetime.fromisoformat(text if "T" in text else day + text).replace(tzinfo=UTC)


def an_evidence(request_id: str = "r-1", time: str = "09:05:00", **changes: Any) -> Evidence:
    """One call of tenant acme to Haiku: 1,000 tokens in, 100 out."""
    evidence = Evidence(
        line=1,
        request_id=request_id,
        at=f"2026-11-21T{time}Z",
        account=ACCOUNT,
        region=REGION,
        operation="Converse",
        model_id=HAIKU,
        principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session",
        metadata={"tenantId": "acme"},
        usage={"input_tokens": 1000, "output_tokens": 100},
        counts=PRESENT,
        error_code=None,
        tier="standard",
        body_model=None,
        latency_ms=None,
        first_byte_ms=None,
        assumptions=[],
    )
    return evidence._replace(**changes)


def a_row(tenant: str | None = "acme", cost: int = 10, **changes: Any) -> PartialRow:
    """What a tenant used in a slot of one log object."""
    row = PartialRow(tenant, HAIKU, 1, 0, {"input_tokens": 100}, cost, 0, {})
    return row._replace(**changes)


def a_partial(
    object_id: str = "one", *rows: PartialRow, slot: str = "09:05", version: int = 1
) -> Partial:
    """What one log object says about a slot."""
    return Partial(object_id, Slot(f"2026-11-21T{slot}"), version, rows or (a_row(),))


def a_log_object(name: str = "one", hour: str = "09", stamp: str = "09:59:59") -> LogObject:
    """A log object as Bedrock would have delivered it in an hour."""
    return log_object_of("logs", a_key(name, hour, stamp))


def a_key(name: str = "one", hour: str = "09", stamp: str = "09:59:59") -> str:
    """The key of a log object."""
    digest = name.encode().hex()[:16].ljust(16, "0")
    folder = f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{REGION}/2026/11/21/{hour}"
    return f"{folder}/20261121T{stamp.replace(':', '')}000Z_{digest}.json.gz"


def a_record(request_id: str = "r-1", time: str = "09:05:00", **changes: Any) -> dict[str, Any]:
    """One record as Bedrock logs it: tenant acme calls Haiku, 1,000 tokens in, 100 out."""
    record = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": f"2026-11-21T{time}Z",
        "accountId": ACCOUNT,
        "region": REGION,
        "requestId": request_id,
        "operation": "Converse",
        "modelId": HAIKU,
        "identity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session"},
        "input": {"inputContentType": "application/json", "inputTokenCount": 1000},
        "output": {"outputContentType": "application/json", "outputTokenCount": 100},
        "requestMetadata": {"tenantId": "acme"},
    }
    return {**record, **changes}


def a_log(*records: dict[str, Any] | bytes) -> bytes:
    """The bytes of a log object; a record may be given as the bytes of a line."""
    lines: Iterable[bytes] = (
        record if isinstance(record, bytes) else json.dumps(record).encode() for record in records
    )
    return gzip.compress(b"".join(line + b"\n" for line in lines), mtime=0)


def row_sum(rows: Iterable[PartialRow]) -> tuple[PartialRow, ...]:
    """Add rows of the same tenant and model, in a stable order."""
    sums: dict[tuple[str | None, str], PartialRow] = {}
    for row in rows:
        key = (row.tenant, row.model)
        sums[key] = _plus(sums[key], row) if key in sums else row
    return tuple(sums[key] for key in sorted(sums, key=lambda key: (key[0] or "", key[1])))


def quantities_sum(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    """Add two sets of quantities, kind by kind."""
    return {kind: one.get(kind, 0) + other.get(kind, 0) for kind in {**one, **other}}


def _plus(one: PartialRow, other: PartialRow) -> PartialRow:
    return one._replace(
        requests=one.requests + other.requests,
        errors=one.errors + other.errors,
        usage=quantities_sum(one.usage, other.usage),
        cost=one.cost + other.cost,
        unpriced_requests=one.unpriced_requests + other.unpriced_requests,
        unpriced=quantities_sum(one.unpriced, other.unpriced),
    )
