"""The Usage table: what each tenant used, live and closed.

| pk            | sk            | what                                                    |
|---------------|---------------|---------------------------------------------------------|
| `T#<tenant>`  | `H#<hour>`    | closed hour, with the `epoch` of its close              |
| `T#<tenant>`  | `D#<day>`     | day, with the `mask` of the hours in it                 |
| `T#<tenant>`  | `M#<month>`   | month, with the mask and the version of each day in it  |
| `P#<hour>`    | page number   | live hours of many tenants, while the hour is open; `ttl` |
| `TOP#<period>`| `COSTS`       | the 1,000 largest tenants of a day or a month           |

Calls that no rule gave to a tenant are under `UNATTRIBUTED`. docs/reading.md shows each item.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Key

from bedrock_meter.aws import usage_items as items
from bedrock_meter.aws.dynamodb import (
    Item,
    get_all,
    item_at,
    put_if,
    put_next,
    query_all,
    replace_item,
)
from bedrock_meter.domain.pricing.money import atto_of
from bedrock_meter.domain.records.tenant import Tenant, tenant_key
from bedrock_meter.domain.time.hours import Day, Hour, Month
from bedrock_meter.domain.totals.live_page import LivePage
from bedrock_meter.domain.totals.top import Ranked, renamed, top_for, with_cost
from bedrock_meter.domain.totals.total import DayTotal, HourTotal, MonthTotal, Total

LIVE, HOUR, DAY, MONTH = "P#", "H#", "D#", "M#"
CLOSED = (HOUR, DAY, MONTH)
_TOP = "TOP#"
_WRITERS = 8


class DynamoDbUsageTable:
    """`UsageTable` on DynamoDB. `clock` dates the expiry of live pages, nothing else."""

    def __init__(
        self, table: Any, *, clock: Callable[[], datetime], live_hours_kept: timedelta
    ) -> None:
        self._table = table
        self._clock = clock
        self._live_hours_kept = live_hours_kept

    def live_pages(self, hour: Hour, numbers: Iterable[int]) -> dict[int, LivePage]:
        found = get_all(self._table, (page_key(hour, number) for number in numbers))
        pages = (items.live_page_in(item, hour, int(item["sk"])) for item in found)
        return {page.number: page for page in pages}

    def first_pages(self, hours: Iterable[Hour]) -> Iterator[LivePage]:
        """Read page 0 of hours, in any order; never stale."""
        for item in get_all(self._table, (page_key(hour, 0) for hour in hours)):
            yield items.live_page_in(item, Hour(item["pk"].removeprefix(LIVE)), 0)

    def put_live_page(self, page: LivePage) -> bool:
        ttl = int((self._clock() + self._live_hours_kept).timestamp())
        item = items.of_live_page(page) | {"ttl": ttl}
        return self._put_next(page_key(page.hour, page.number), page.version, item)

    def put_hours(self, hour: Hour, epoch: int, totals: Mapping[Tenant, Total]) -> None:
        def put(entry: tuple[Tenant, Total]) -> None:
            tenant, total = entry
            put_if(
                self._table.meta.client.put_item,  # a client is safe to share, a table is not
                TableName=self._table.name,
                Item=_key(tenant, HOUR + hour) | items.of_total(total) | {"epoch": epoch},
                ConditionExpression="attribute_not_exists(pk) OR epoch < :epoch",
                ExpressionAttributeValues={":epoch": epoch},
            )

        # Conditional puts cannot be batched; side by side they take a fraction of the time.
        with ThreadPoolExecutor(_WRITERS) as writers:
            list(writers.map(put, totals.items()))

    def hours_in(self, tenant: Tenant, day: Day) -> list[HourTotal]:
        return [
            HourTotal(Hour(period_of(item)), int(item["epoch"]), items.total_in(item))
            for item in self._range(tenant, f"{HOUR}{day}T")
        ]

    def costs(self, tenant: Tenant, first: Hour, until: Hour) -> dict[Hour, int]:
        between = Key("sk").between(HOUR + first, HOUR + until)
        only = {"ProjectionExpression": "sk, cost_usd", "ConsistentRead": False}
        found = query_all(self._table, tenant_key(tenant), between, **only)
        costs = {Hour(period_of(item)): atto_of(item["cost_usd"]) for item in found}
        return {hour: cost for hour, cost in costs.items() if hour < until}

    def day(self, tenant: Tenant, day: Day) -> DayTotal | None:
        item = item_at(self._table, _key(tenant, DAY + day))
        return _day(item) if item else None

    def put_day(self, tenant: Tenant, total: DayTotal) -> bool:
        item = items.of_total(total.total) | {"mask": total.mask}
        return self._put_next(_key(tenant, DAY + total.day), total.version, item)

    def days_in(self, tenant: Tenant, month: Month) -> list[DayTotal]:
        return [_day(item) for item in self._range(tenant, f"{DAY}{month}-")]

    def month(self, tenant: Tenant, month: Month) -> MonthTotal | None:
        item = item_at(self._table, _key(tenant, MONTH + month))
        if item is None:
            return None
        masks, days = items.by_day(item["masks"]), items.by_day(item["days"])
        return MonthTotal(month, int(item["version"]), masks, items.total_in(item), days)

    def put_month(self, tenant: Tenant, total: MonthTotal) -> bool:
        days = {"masks": dict(total.masks), "days": dict(total.days)}
        item = items.of_total(total.total) | days
        return self._put_next(_key(tenant, MONTH + total.month), total.version, item)

    def put_top(self, period: Day | Month, costs: Mapping[Tenant, Ranked]) -> None:
        key = _top_key(period)

        def change(item: Item) -> Item:
            return key | items.of_costs(top_for(dict(items.costs_in(item)), costs))

        replace_item(lambda: item_at(self._table, key), change, self._table)

    def top(self, period: Day | Month) -> list[tuple[str | None, int]]:
        return with_cost(items.costs_in(item_at(self._table, _top_key(period)) or {}))

    def _put_next(self, key: Mapping[str, str], version: int, item: Mapping[str, Any]) -> bool:
        return put_next(self._table, {**item, "version": version, **key})

    def _range(self, tenant: Tenant, prefix: str) -> Iterator[Item]:
        return query_all(self._table, tenant_key(tenant), Key("sk").begins_with(prefix))


def _key(tenant: Tenant, sk: str) -> dict[str, str]:
    return {"pk": tenant_key(tenant), "sk": sk}


def page_key(hour: Hour, number: int) -> dict[str, str]:
    """Return the key of a live page."""
    return {"pk": LIVE + hour, "sk": str(number)}


def drop_from_page(table: Any, key: Mapping[str, str], tenant: str) -> None:
    """Take a tenant's row off a live page."""
    name = tenant_key(tenant)

    def change(item: Item) -> Item | None:
        return {one: held for one, held in item.items() if one != name} if name in item else None

    replace_item(lambda: item_at(table, key), change, table)


def period_of(item: Item) -> str:
    """Return the hour, day or month that an item is about."""
    period: str = item["sk"].partition("#")[2]
    return period


def rename_in_top(table: Any, period: str, old: str, new: str) -> None:
    """Put another partition key for a tenant's in the list of a period's largest tenants."""

    def change(item: Item) -> Item | None:
        tenants = renamed(item.get("tenants", ()), old, new)
        return item | {"tenants": tenants} if tenants != item.get("tenants", []) else None

    replace_item(lambda: item_at(table, _top_key(period)), change, table)


def _top_key(period: str) -> dict[str, str]:
    return {"pk": _TOP + period, "sk": "COSTS"}


def _day(item: dict[str, Any]) -> DayTotal:
    return DayTotal(
        Day(period_of(item)), int(item["version"]), int(item["mask"]), items.total_in(item)
    )
