"""The shape of usage items as anybody may read them: dollars as exact decimals, counts as numbers.

docs/reading.md promises these names to applications; a change is an entry in the changelog.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from bedrock_meter.aws.dynamodb import number_of
from bedrock_meter.aws.total_columns import COLUMNS, DOLLARS
from bedrock_meter.domain.pricing.money import atto_of, usd_of
from bedrock_meter.domain.records.tenant import Tenant, tenant_key, tenant_of_key
from bedrock_meter.domain.records.use import Use
from bedrock_meter.domain.time.hours import Day, Hour, Slot
from bedrock_meter.domain.totals.live_page import LivePage
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
    """Write a closed total: every field of it, and its tokens in all."""
    item = of_use(total.use())
    for column in COLUMNS:
        place = item
        for name in column.path[:-1]:
            place = place.setdefault(name, {})
        write, _ = _FORMS[column.kind]
        place[column.path[-1]] = write(getattr(total, column.field))
    return item


def total_in(item: Mapping[str, Any]) -> Total:
    """Read a closed total; a field that the item does not have is as `Total` begins."""
    found = {}
    for column in COLUMNS:
        _, read = _FORMS[column.kind]
        if (value := _value_at(column.path, item)) is not None:
            found[column.field] = read(value)
    return Total(**found)


def _value_at(path: Sequence[str], item: Any) -> Any:
    for name in path:
        if (item := item.get(name)) is None:
            break
    return item


def by_day(item: Mapping[str, Decimal]) -> dict[Day, int]:
    """Read a number for each day: masks of a month, or versions."""
    return {Day(day): int(number) for day, number in item.items()}


def of_live_page(page: LivePage) -> dict[str, Any]:
    """Write a live page: an attribute for each tenant, called like the tenant's partition key.

    It holds `[requests, errors, tokens, cost_usd, unpriced_requests, unpriced_tokens]`. `versions`
    are those of the slot totals, under the minute that a slot begins at.
    """
    rows = {tenant_key(tenant): list(of_use(use).values()) for tenant, use in page.uses.items()}
    versions = {slot[14:]: version for slot, version in page.versions.items()}
    left_out = {"left_out": page.left_out} if page.left_out else {}
    return {**rows, **left_out, "pages": page.of, "as_of": page.as_of, "versions": versions}


def live_page_in(item: Mapping[str, Any], hour: Hour, number: int) -> LivePage:
    """Read a live page; what is a list is a tenant's row."""
    versions = {Slot(f"{hour}:{minute}"): int(n) for minute, n in item["versions"].items()}
    return LivePage(
        hour,
        number,
        int(item["pages"]),
        int(item["version"]),
        {tenant_of_key(name): _use(row) for name, row in item.items() if isinstance(row, list)},
        item["as_of"],
        versions,
        int(item.get("left_out", 0)),
    )


def of_costs(top: Iterable[tuple[Tenant, Ranked]]) -> dict[str, Any]:
    """Write the largest tenants of a period, largest first."""
    return {
        "tenants": [[tenant_key(tenant), dollars(one.cost), one.version] for tenant, one in top]
    }


def costs_in(item: Mapping[str, Any]) -> list[tuple[Tenant, Ranked]]:
    """Read the largest tenants of a period."""
    return [
        (tenant_of_key(key), Ranked(atto_of(cost), int(version)))
        for key, cost, version in item.get("tenants", ())
    ]


def dollars(atto: int) -> Decimal:
    """Return an amount as the exact number an item holds."""
    return number_of(usd_of(atto))


def _use(row: list[Decimal]) -> Use:
    numbers = zip(Use._fields, row, strict=True)
    return Use(**{name: atto_of(n) if name == "cost" else int(n) for name, n in numbers})


def _of_models(models: Mapping[str, ModelUse]) -> dict[str, dict[str, Any]]:
    return {
        name: {"requests": use.requests, "tokens": use.tokens, "cost_usd": dollars(use.cost)}
        for name, use in models.items()
    }


def _models_in(item: Mapping[str, Mapping[str, Any]]) -> dict[str, ModelUse]:
    return {
        name: ModelUse(int(use["requests"]), int(use["tokens"]), atto_of(use["cost_usd"]))
        for name, use in item.items()
    }


def _counts_in(item: Mapping[str, Decimal]) -> dict[str, int]:
    return {name: int(count) for name, count in item.items()}


type _Form = tuple[Callable[[Any], Any], Callable[[Any], Any]]
_FORMS: Mapping[Any, _Form] = {
    int: (int, int),
    DOLLARS: (dollars, atto_of),
    Mapping[str, int]: (dict, _counts_in),
    Mapping[str, ModelUse]: (_of_models, _models_in),
}
"""How each kind of column of a total is written and read."""
