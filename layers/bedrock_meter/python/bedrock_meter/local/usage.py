"""`UsageTable` in memory."""

from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any

from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.time.hours import Day, Hour, Month
from bedrock_meter.domain.totals.live_page import LivePage
from bedrock_meter.domain.totals.top import Ranked, top_for, with_cost
from bedrock_meter.domain.totals.total import DayTotal, HourTotal, MonthTotal, Total


class MemoryUsageTable:
    """Live pages and totals in dictionaries."""

    def __init__(self) -> None:
        self.pages: dict[tuple[Hour, int], LivePage] = {}
        self.hours: dict[tuple[Tenant, Hour], HourTotal] = {}
        self.days: dict[tuple[Tenant, Day], DayTotal] = {}
        self.months: dict[tuple[Tenant, Month], MonthTotal] = {}
        self.tops: dict[str, list[tuple[Tenant, Ranked]]] = {}

    def live_pages(self, hour: Hour, numbers: Iterable[int]) -> dict[int, LivePage]:
        found = {number: self.pages.get((hour, number)) for number in numbers}
        return {number: page for number, page in found.items() if page is not None}

    def put_live_page(self, page: LivePage) -> bool:
        return _put_next(self.pages, (page.hour, page.number), page)

    def live_hours(self, tenant: Tenant) -> list[Hour]:
        """Return the hours whose pages have a row of the tenant."""
        return sorted({hour for (hour, _), page in self.pages.items() if tenant in page.uses})

    def drop_live(self, tenant: Tenant, hour: Hour) -> None:
        """Take a tenant's row off the pages of an hour."""
        for key, page in self.pages.items():
            if key[0] == hour and tenant in page.uses:
                uses = {name: use for name, use in page.uses.items() if name != tenant}
                self.pages[key] = page._replace(uses=uses, version=page.version + 1)

    def put_hours(self, hour: Hour, epoch: int, totals: Mapping[Tenant, Total]) -> None:
        for tenant, total in totals.items():
            stored = self.hours.get((tenant, hour))
            if stored is None or stored.epoch < epoch:
                self.hours[tenant, hour] = HourTotal(hour, epoch, total)

    def hours_in(self, tenant: Tenant, day: Day) -> list[HourTotal]:
        return _within(self.hours, tenant, day)

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
        return _within(self.days, tenant, f"{month}-")

    def month(self, tenant: Tenant, month: Month) -> MonthTotal | None:
        return self.months.get((tenant, month))

    def put_month(self, tenant: Tenant, total: MonthTotal) -> bool:
        return _put_next(self.months, (tenant, total.month), total)

    def put_top(self, period: Day | Month, costs: Mapping[Tenant, Ranked]) -> None:
        self.tops[period] = top_for(dict(self.tops.get(period, ())), costs)

    def top(self, period: Day | Month) -> list[tuple[Tenant, int]]:
        return with_cost(self.tops.get(period, ()))


def _within[Item](items: Mapping[Any, Item], tenant: Tenant, period: str) -> list[Item]:
    keys = sorted(key for key in items if key[0] == tenant and key[1].startswith(period))
    return [items[key] for key in keys]


def _put_next[Item: LivePage | DayTotal | MonthTotal](
    items: MutableMapping[Any, Item], key: Any, item: Item
) -> bool:
    stored = items.get(key)
    if (stored.version if stored else 0) != item.version - 1:
        return False
    items[key] = item
    return True
