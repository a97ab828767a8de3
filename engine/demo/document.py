"""A run of the demo as one JSON object, and the tenants in the order of their spend."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bedrock_meter.domain.pricing.money import plain
from engine.demo.play import Play

GREEN = "green"


@dataclass
class Spender:
    """What one tenant (None: unattributed) used, its level and its flag."""

    tenant: str | None
    requests: int = 0
    tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    unpriced_requests: int = 0
    level: str = GREEN
    flag: str = "none"


def spenders(run: Play) -> list[Spender]:
    """Add up each tenant's hours: closed where an hour is closed, live elsewhere."""
    closed_hours = {hour for _, hour in run.closed}
    open_hours = {key: total for key, total in run.live.items() if key[1] not in closed_hours}
    found: dict[str | None, Spender] = {}
    for (tenant, _), total in {**open_hours, **run.closed}.items():
        spender = found.setdefault(tenant, Spender(tenant))
        spender.requests += total.requests
        spender.tokens += total.tokens
        spender.cost_usd += total.cost_usd
        spender.unpriced_requests += total.unpriced_requests
    for tenant, stored in run.levels.items():
        if tenant in found:
            found[tenant].level, found[tenant].flag = stored.level, stored.action
    return sorted(found.values(), key=lambda each: (-each.cost_usd, each.tenant or ""))


def document(run: Play) -> dict[str, Any]:
    """Write a run for programs; `records` is the sum of the five counts after it."""
    return {
        **run.result.counts(),
        "objects": run.result.objects,
        "tenants": [
            {
                "tenant": spender.tenant,
                "requests": spender.requests,
                "cost_usd": plain(spender.cost_usd),
                "level": spender.level,
                "flag": spender.flag,
            }
            for spender in spenders(run)
        ],
        "differences": len(run.differences),
        **(run.kept.place() if run.kept else {}),
        "seconds": {
            **{name: round(seconds, 2) for name, seconds in run.stopwatch.seconds.items()},
            "created_to_visible": round(run.seconds_to_visible, 2),
            "total": round(run.stopwatch.total(), 2),
        },
    }
