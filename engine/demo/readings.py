"""What the tables say, read as docs/reading.md describes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.demo.deployment import Deployment

Key = tuple[str | None, str]
"""Tenant (None: unattributed) and hour."""
LIVE, CLOSED = "P#", "H#"


@dataclass(frozen=True)
class StoredHour:
    """One tenant's hour as stored. Live totals carry no quantities by kind."""

    requests: int
    errors: int
    tokens: int
    cost_usd: Decimal
    unpriced_requests: int
    unpriced_tokens: int
    usage: Mapping[str, int] = field(default_factory=dict)
    rules: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredLevel:
    """A tenant's level and flag, as stored."""

    level: str
    action: str
    reason: str
    mode: str


def totals(deployment: Deployment) -> tuple[dict[Key, StoredHour], dict[Key, StoredHour]]:
    """Read all live hours and all closed hours."""
    items = deployment.items("Usage")
    return _live_hours(items), _closed_hours(items)


def live_requests(deployment: Deployment) -> int:
    """Count the requests that live totals show so far."""
    return sum(one.requests for one in _live_hours(deployment.items("Usage")).values())


def levels(deployment: Deployment) -> dict[str, StoredLevel]:
    """Read every flag; a tenant without one is green."""
    return {
        item["tenant_id"]: StoredLevel(item["level"], item["action"], item["reason"], item["mode"])
        for item in deployment.items("Flags")
    }


def tenant_in(pk: str) -> str | None:
    """Return the tenant that a key of the Usage table stands for."""
    return None if pk == "UNATTRIBUTED" else pk.removeprefix("T#")


def _live_hours(items: list[dict[str, Any]]) -> dict[Key, StoredHour]:
    """Read the rows of all live pages."""
    rows = {
        (tenant_in(name), item["pk"].removeprefix(LIVE)): row
        for item in items
        if item["pk"].startswith(LIVE)
        for name, row in item.items()
        if isinstance(row, list)
    }
    return {key: _live_hour(row) for key, row in rows.items()}


def _live_hour(row: list[Decimal]) -> StoredHour:
    requests, errors, tokens, cost_usd, unpriced_requests, unpriced_tokens = row
    return StoredHour(
        requests=int(requests),
        errors=int(errors),
        tokens=int(tokens),
        cost_usd=cost_usd,
        unpriced_requests=int(unpriced_requests),
        unpriced_tokens=int(unpriced_tokens),
    )


def _closed_hours(items: list[dict[str, Any]]) -> dict[Key, StoredHour]:
    return {
        (tenant_in(item["pk"]), item["sk"].removeprefix(CLOSED)): _reading(item)
        for item in items
        if item["sk"].startswith(CLOSED)
    }


def _reading(item: Mapping[str, Any]) -> StoredHour:
    return StoredHour(
        requests=int(item["requests"]),
        errors=int(item["errors"]),
        tokens=int(item["tokens"]),
        cost_usd=item["cost_usd"],
        unpriced_requests=int(item["unpriced_requests"]),
        unpriced_tokens=int(item["unpriced_tokens"]),
        usage={kind: int(count) for kind, count in item.get("usage", {}).items()},
        rules={rule: int(count) for rule, count in item.get("rules", {}).items()},
    )
