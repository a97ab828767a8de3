"""The log objects of starting points, one or two of one call each, and frequent actors."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from simulate.actors import close, ingest
from simulate.content import key_of, packed, plain_record

FIRST, SECOND = "2026-11-21T09", "2026-11-21T10"
_DAY = datetime(2026, 11, 21, tzinfo=UTC)
ONE, TWO = (key_of(_DAY.replace(hour=11, minute=1, second=n), n) for n in (0, 1))


def call_of(
    number: int,
    tenant: str,
    *,
    day: int = 21,
    hour: int = 9,
    minute: int = 30,
    more: Mapping[str, str] | None = None,
    request: int | None = None,
    anew: Mapping[str, Any] | None = None,
) -> bytes:
    """Return a log object of one call; `anew` is what a newer reading finds."""
    record = plain_record(number, _DAY.replace(day=day, hour=hour, minute=minute))
    record["requestMetadata"] = {"tenantId": tenant, **(more or {})}
    if request is not None:
        record["requestId"] = f"r{request}"
    if anew:
        record["x2"] = anew
    return packed([json.dumps(record).encode()])


TWO_CALLS = {ONE: call_of(0, "acme"), TWO: call_of(1, "acme")}
OTHER_TENANT = {ONE: call_of(0, "acme", anew={"requestMetadata": {"tenantId": "globex"}})}
OTHER_HOUR = {ONE: call_of(0, "acme", anew={"timestamp": "2026-11-21T10:30:00Z"})}
DUPLICATES = {ONE: call_of(0, "acme"), TWO: call_of(1, "globex", request=0)}
OVER_THE_EDGE = {
    ONE: call_of(0, "acme", minute=58),
    TWO: call_of(1, "acme", hour=10, minute=3, request=0),
}
LEAVES_THE_EDGE = OVER_THE_EDGE | {
    TWO: call_of(
        1, "acme", hour=10, minute=3, request=0, anew={"timestamp": "2026-11-21T10:30:00Z"}
    )
}
SALES_ANEW = {
    ONE: call_of(
        0, "acme", more={"department": "sales"}, anew={"requestMetadata": {"tenantId": "globex"}}
    )
}
SALES = {ONE: call_of(0, "acme", more={"department": "sales"})}
TWO_HOURS = {ONE: call_of(0, "acme"), TWO: call_of(1, "acme", hour=10)}
OTHER_DAY = {ONE: call_of(0, "acme"), TWO: call_of(1, "acme", day=20)}
OTHER_BYTES = call_of(1, "globex", hour=10)

BOTH = (ingest(ONE), ingest(TWO))
REPLAYS = (ingest(ONE, is_live=False), ingest(TWO, is_live=False))
REPLAYED = ingest(ONE, 2, is_live=False)
CLOSE = close(FIRST)
