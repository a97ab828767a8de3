"""The shape of usage items as anybody may read them: dollars as exact decimals, counts as numbers.

docs/reading.md promises these names to applications; a change is an entry in the changelog.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from bedrock_meter.aws.dynamodb import number_of
from bedrock_meter.domain.pricing.money import atto_of, usd_of
from bedrock_meter.domain.records.tenant import tenant_key, tenant_of_key
from bedrock_meter.domain.records.use import Use
from bedrock_meter.domain.time.hours import Day, Hour, Slot
from bedrock_meter.domain.totals.live import LiveHour
from bedrock_meter.domain.totals.top import Ranked
from bedrock_meter.domain.totals.total import ModelUse, Total


def of_use(use: Use) -> dict[str, Any]:
    """Write the numbers that live and closed totals share."""
    return {
        "requests": use.requests,
        "errors": use.errors,
        "tokens": use.tokens,
        "cost_usd": dollars(use.cost),
        "unpriced_requests": use.unpriced_requests,
        "unpriced_tokens": use.unpriced_tokens,
    }


def of_total(total: Total) -> dict[str, Any]:
    """Write a closed total."""
    return {
        **of_use(total.use()),
        "usage": dict(total.usage),
        "unpriced": dict(total.unpriced),
        "models": {name: _of_model(use) for name, use in total.models.items()},
        "rules": dict(total.rules),
        "conflicts": total.conflicts,
        "latency": {"calls": total.timed, "sum_ms": total.latency_ms},
    }


def total_in(item: Mapping[str, Any]) -> Total:
    """Read a closed total."""
    return Total(
        requests=int(item["requests"]),
        errors=int(item["errors"]),
        usage=_counts(item["usage"]),
        cost=atto_of(item["cost_usd"]),
        unpriced_requests=int(item["unpriced_requests"]),
        unpriced=_counts(item["unpriced"]),
        models={name: _model_in(use) for name, use in item["models"].items()},
        rules=_counts(item["rules"]),
        conflicts=int(item["conflicts"]),
        timed=int(item["latency"]["calls"]),
        latency_ms=int(item["latency"]["sum_ms"]),
    )


def by_day(item: Mapping[str, Decimal]) -> dict[Day, int]:
    """Read a number for each day: masks of a month, or versions."""
    return {Day(day): int(number) for day, number in item.items()}


def of_live_hour(live_hour: LiveHour) -> dict[str, Any]:
    """Write a live hour: its totals, and one short list per 5-minute slot that has any use.

    A slot's list is `[requests, errors, tokens, cost_usd, unpriced_requests, unpriced_tokens]`,
    under the minute the slot begins at. `versions` are the versions of the slots' slot totals.
    """
    slots = {slot[14:]: list(of_use(use).values()) for slot, use in live_hour.slots.items()}
    versions = {slot[14:]: version for slot, version in live_hour.versions.items()}
    return {
        **of_use(live_hour.total()),
        "slots": slots,
        "versions": versions,
        "as_of": live_hour.as_of,
    }


def live_hour_in(item: Mapping[str, Any], tenant: str | None, hour: Hour) -> LiveHour:
    """Read a live hour."""
    slots = {Slot(f"{hour}:{minute}"): _use(row) for minute, row in sorted(item["slots"].items())}
    versions = {
        Slot(f"{hour}:{minute}"): int(number) for minute, number in item["versions"].items()
    }
    return LiveHour(tenant, hour, int(item["version"]), slots, item["as_of"], versions)


def of_costs(top: Iterable[tuple[str | None, Ranked]]) -> dict[str, Any]:
    """Write the largest tenants of a period, largest first."""
    return {
        "tenants": [[tenant_key(tenant), dollars(one.cost), one.version] for tenant, one in top]
    }


def costs_in(item: Mapping[str, Any]) -> list[tuple[str | None, Ranked]]:
    """Read the largest tenants of a period."""
    return [
        (tenant_of_key(key), Ranked(atto_of(cost), int(version)))
        for key, cost, version in item.get("tenants", ())
    ]


def dollars(atto: int) -> Decimal:
    """Return an amount as the exact number an item holds."""
    return number_of(usd_of(atto))


def _use(row: list[Decimal]) -> Use:
    requests, errors, tokens, cost, unpriced_requests, unpriced_tokens = row
    return Use(
        int(requests),
        int(errors),
        int(tokens),
        atto_of(cost),
        int(unpriced_requests),
        int(unpriced_tokens),
    )


def _of_model(use: ModelUse) -> dict[str, Any]:
    return {"requests": use.requests, "tokens": use.tokens, "cost_usd": dollars(use.cost)}


def _model_in(item: Mapping[str, Any]) -> ModelUse:
    return ModelUse(int(item["requests"]), int(item["tokens"]), atto_of(item["cost_usd"]))


def _counts(item: Mapping[str, Decimal]) -> dict[str, int]:
    return {name: int(count) for name, count in item.items()}
