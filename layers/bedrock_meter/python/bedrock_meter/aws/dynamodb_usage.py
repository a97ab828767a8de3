"""The Usage table: what each tenant used, live and closed.

| pk            | sk            | what                                                    |
|---------------|---------------|---------------------------------------------------------|
| `T#<tenant>`  | `P#<hour>`    | live hour: the live hour, refreshed while it is open; `ttl` |
| `T#<tenant>`  | `H#<hour>`    | closed hour, with the `epoch` of its close              |
| `T#<tenant>`  | `D#<day>`     | day, with the `mask` of the hours in it                 |
| `T#<tenant>`  | `M#<month>`   | month, with the mask and the version of each day in it  |
| `TOP#<period>`| `COSTS`       | the 1,000 largest tenants of a day or a month           |

Calls that no rule gave to a tenant stand under `UNATTRIBUTED`. docs/reading.md shows each item.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Key

from bedrock_meter.aws import usage_items as items
from bedrock_meter.aws.dynamodb import get_all, put_if, query_all
from bedrock_meter.domain.pricing.money import atto_of
from bedrock_meter.domain.records.tenant import Tenant, tenant_key, tenant_of_key
from bedrock_meter.domain.time.hours import Day, Hour, Month
from bedrock_meter.domain.totals.live import LiveHour
from bedrock_meter.domain.totals.top import Ranked, top_for, with_cost
from bedrock_meter.domain.totals.total import DayTotal, HourTotal, MonthTotal, Total

_WRITERS = 8


class DynamoDbUsageTable:
    """`UsageTable` on DynamoDB. `clock` dates the expiry of live hours, nothing else."""

    def __init__(
        self, table: Any, *, clock: Callable[[], datetime], live_hours_kept: timedelta
    ) -> None:
        self._table = table
        self._clock = clock
        self._live_hours_kept = live_hours_kept

    def live_hours_of(self, tenant: Tenant, hours: Iterable[Hour]) -> dict[Hour, LiveHour]:
        keys = [_key(tenant, f"P#{hour}") for hour in hours]
        return {
            live_hour.hour: live_hour for live_hour in map(_live_hour, get_all(self._table, keys))
        }

    def live_hours_in(self, hour: Hour, tenants: Iterable[Tenant]) -> dict[Tenant, LiveHour]:
        keys = [_key(tenant, f"P#{hour}") for tenant in tenants]
        return {
            live_hour.tenant: live_hour for live_hour in map(_live_hour, get_all(self._table, keys))
        }

    def put_live_hour(self, live_hour: LiveHour) -> bool:
        ttl = int((self._clock() + self._live_hours_kept).timestamp())
        key = _key(live_hour.tenant, f"P#{live_hour.hour}")
        return self._put_next(key, live_hour.version, items.of_live_hour(live_hour) | {"ttl": ttl})

    def put_hours(self, hour: Hour, epoch: int, totals: Mapping[Tenant, Total]) -> None:
        def put(entry: tuple[Tenant, Total]) -> None:
            tenant, total = entry
            put_if(
                self._table.meta.client.put_item,  # a client is safe to share, a table is not
                TableName=self._table.name,
                Item=_key(tenant, f"H#{hour}") | items.of_total(total) | {"epoch": epoch},
                ConditionExpression="attribute_not_exists(pk) OR epoch < :epoch",
                ExpressionAttributeValues={":epoch": epoch},
            )

        # Conditional puts cannot be batched; side by side they take a fraction of the time.
        with ThreadPoolExecutor(_WRITERS) as writers:
            for _ in writers.map(put, totals.items()):
                pass

    def hours_in(self, tenant: Tenant, day: Day) -> list[HourTotal]:
        return [
            HourTotal(Hour(item["sk"][2:]), int(item["epoch"]), items.total_in(item))
            for item in self._range(tenant, f"H#{day}T")
        ]

    def costs(self, tenant: Tenant, first: Hour, until: Hour) -> dict[Hour, int]:
        pk = tenant_key(tenant)
        condition = Key("pk").eq(pk) & Key("sk").between(f"H#{first}", f"H#{until}")
        found = query_all(
            self._table,
            pk,
            KeyConditionExpression=condition,
            ProjectionExpression="sk, cost_usd",
            ConsistentRead=False,
        )
        costs = {Hour(item["sk"][2:]): atto_of(item["cost_usd"]) for item in found}
        return {hour: cost for hour, cost in costs.items() if hour < until}

    def day(self, tenant: Tenant, day: Day) -> DayTotal | None:
        item = self._item(_key(tenant, f"D#{day}"))
        return _day(item) if item else None

    def put_day(self, tenant: Tenant, total: DayTotal) -> bool:
        item = items.of_total(total.total) | {"mask": total.mask}
        return self._put_next(_key(tenant, f"D#{total.day}"), total.version, item)

    def days_in(self, tenant: Tenant, month: Month) -> list[DayTotal]:
        return [_day(item) for item in self._range(tenant, f"D#{month}-")]

    def month(self, tenant: Tenant, month: Month) -> MonthTotal | None:
        item = self._item(_key(tenant, f"M#{month}"))
        if item is None:
            return None
        masks, days = items.by_day(item["masks"]), items.by_day(item["days"])
        return MonthTotal(month, int(item["version"]), masks, items.total_in(item), days)

    def put_month(self, tenant: Tenant, total: MonthTotal) -> bool:
        days = {"masks": dict(total.masks), "days": dict(total.days)}
        item = items.of_total(total.total) | days
        return self._put_next(_key(tenant, f"M#{total.month}"), total.version, item)

    def put_top(self, period: Day | Month, costs: Mapping[Tenant, Ranked]) -> None:
        while True:
            item = self._item(top_key(period)) or {}
            after = top_for(dict(items.costs_in(item)), costs)
            version = int(item.get("version", 0)) + 1
            if self._put_next(top_key(period), version, items.of_costs(after)):
                return

    def top(self, period: Day | Month) -> list[tuple[str | None, int]]:
        return with_cost(items.costs_in(self._item(top_key(period)) or {}))

    def _put_next(self, key: Mapping[str, str], version: int, item: Mapping[str, Any]) -> bool:
        """Put an item if the one in place has the version just below."""
        body = {**item, "version": version, **key}
        if version == 1:
            return put_if(
                self._table.put_item, Item=body, ConditionExpression="attribute_not_exists(pk)"
            )
        return put_if(
            self._table.put_item,
            Item=body,
            ConditionExpression="version = :before",
            ExpressionAttributeValues={":before": version - 1},
        )

    def _item(self, key: Mapping[str, str]) -> dict[str, Any] | None:
        answer = self._table.get_item(Key=dict(key), ConsistentRead=True)
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def _range(self, tenant: Tenant, prefix: str) -> Iterator[dict[str, Any]]:
        pk = tenant_key(tenant)
        condition = Key("pk").eq(pk) & Key("sk").begins_with(prefix)
        return query_all(self._table, pk, KeyConditionExpression=condition)


def _key(tenant: Tenant, sk: str) -> dict[str, str]:
    return {"pk": tenant_key(tenant), "sk": sk}


def top_key(period: Day | Month) -> dict[str, str]:
    """Return the key of a period's list of the largest tenants."""
    return {"pk": f"TOP#{period}", "sk": "COSTS"}


def _live_hour(item: dict[str, Any]) -> LiveHour:
    return items.live_hour_in(item, tenant_of_key(item["pk"]), Hour(item["sk"][2:]))


def _day(item: dict[str, Any]) -> DayTotal:
    day = Day(item["sk"][2:])
    return DayTotal(day, int(item["version"]), int(item["mask"]), items.total_in(item))
