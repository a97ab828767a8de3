"""`UsageTable` in memory."""

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.time.hours import Day, Hour, Month
from bedrock_meter.domain.totals.live import LiveHour
from bedrock_meter.domain.totals.top import Ranked, top_for, with_cost
from bedrock_meter.domain.totals.total import DayTotal, HourTotal, MonthTotal, Total


class MemoryUsageTable:
    """Live hours and totals in dictionaries."""

    def __init__(self) -> None:
        self.live_hours: dict[tuple[Tenant, Hour], LiveHour] = {}
        self.hours: dict[tuple[Tenant, Hour], HourTotal] = {}
        self.days: dict[tuple[Tenant, Day], DayTotal] = {}
        self.months: dict[tuple[Tenant, Month], MonthTotal] = {}
        self.tops: dict[str, list[tuple[Tenant, Ranked]]] = {}

    def live_hours_of(self, tenant: Tenant, hours: Iterable[Hour]) -> dict[Hour, LiveHour]:
        keys = ((tenant, hour) for hour in hours)
        return {key[1]: self.live_hours[key] for key in keys if key in self.live_hours}

    def live_hours_in(self, hour: Hour, tenants: Iterable[Tenant]) -> dict[Tenant, LiveHour]:
        keys = ((tenant, hour) for tenant in tenants)
        return {key[0]: self.live_hours[key] for key in keys if key in self.live_hours}

    def put_live_hour(self, live_hour: LiveHour) -> bool:
        return _put_next(self.live_hours, (live_hour.tenant, live_hour.hour), live_hour)

    def put_hours(self, hour: Hour, epoch: int, totals: Mapping[Tenant, Total]) -> None:
        for tenant, total in totals.items():
            standing = self.hours.get((tenant, hour))
            if standing is None or standing.epoch < epoch:
                self.hours[tenant, hour] = HourTotal(hour, epoch, total)

    def hours_in(self, tenant: Tenant, day: Day) -> list[HourTotal]:
        return [
            self.hours[key]
            for key in sorted(self.hours, key=lambda key: key[1])
            if key[0] == tenant and key[1].startswith(day)
        ]

    def costs(self, tenant: Tenant, first: Hour, until: Hour) -> dict[Hour, int]:
        return {
            hour: total.total.cost
            for (name, hour), total in self.hours.items()
            if name == tenant and first <= hour < until
        }

    def day(self, tenant: Tenant, day: Day) -> DayTotal | None:
        return self.days.get((tenant, day))

    def put_day(self, tenant: Tenant, total: DayTotal) -> bool:
        return _put_next(self.days, (tenant, total.day), total)

    def days_in(self, tenant: Tenant, month: Month) -> list[DayTotal]:
        return [
            self.days[key]
            for key in sorted(self.days, key=lambda key: key[1])
            if key[0] == tenant and key[1].startswith(f"{month}-")
        ]

    def month(self, tenant: Tenant, month: Month) -> MonthTotal | None:
        return self.months.get((tenant, month))

    def put_month(self, tenant: Tenant, total: MonthTotal) -> bool:
        return _put_next(self.months, (tenant, total.month), total)

    def put_top(self, period: Day | Month, costs: Mapping[Tenant, Ranked]) -> None:
        self.tops[period] = top_for(dict(self.tops.get(period, ())), costs)

    def top(self, period: Day | Month) -> list[tuple[Tenant, int]]:
        return with_cost(self.tops.get(period, ()))


def _put_next[Item: LiveHour | DayTotal | MonthTotal](
    items: MutableMapping[Any, Item], key: Any, item: Item
) -> bool:
    standing = items.get(key)
    if (standing.version if standing else 0) != item.version - 1:
        return False
    items[key] = item
    return True
