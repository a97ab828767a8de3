"""What assessing costs: in proportion to the tenants that call, however many others there are."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bedrock_meter.aws.dynamodb_flags import DynamoDbFlags
from bedrock_meter.aws.dynamodb_levels import DynamoDbLevels
from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.records.use import Use
from bedrock_meter.domain.time.hours import (
    ONE_HOUR,
    day_of,
    hour_of,
    hours_of,
    month_of,
    slot_of,
)
from bedrock_meter.domain.totals.live import SlotTotals
from bedrock_meter.domain.totals.total import HourTotal, Total, day_total_for, month_total_for
from bedrock_meter.jobs.assess_tenants import Assessor
from bedrock_meter.jobs.read_spend import LiveUses, Reach
from bedrock_meter.local.live import MemoryLiveTable

pytestmark = pytest.mark.engine

NOW = datetime(2026, 11, 18, 12, 7, tzinfo=UTC)
ACTIVE, QUIET = 5, 100


def a_policy(zone: str) -> Policy:
    """All tenants have budgets, whose days begin at midnight of a zone."""
    budgets = {"day": {"usd": "60"}, "month": {"usd": "1000"}}
    return Policy.from_document(
        {
            "plans": {"all": {"budgets": budgets, "time_zone": zone}},
            "tenants": {f"tenant-{number}": {"plan": "all"} for number in range(ACTIVE + QUIET)},
        }
    )


class Ledger:
    """Counts items read and written, and every operation, of the tables that it watches."""

    def __init__(self) -> None:
        self.operations: Counter[str] = Counter()
        self.items = 0

    def watch(self, table: Any) -> Any:
        table.meta.client.meta.events.register("before-parameter-build.dynamodb", self._count)
        return table

    def _count(self, params: Any, model: Any, **_: Any) -> None:
        self.operations[model.name] += 1
        asked = params.get("RequestItems", {})
        keys = sum(len(table["Keys"]) for table in asked.values() if "Keys" in table)
        self.items += keys or len(params.get("TransactItems", ())) or 1


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def levels(level_tables: Any, ledger: Ledger) -> DynamoDbLevels:
    tenants, flags = level_tables
    return DynamoDbLevels(ledger.watch(tenants), DynamoDbFlags(flags))


@pytest.fixture
def usage(a_dynamodb_table: Any, ledger: Ledger) -> DynamoDbUsageTable:
    table = ledger.watch(a_dynamodb_table())
    return DynamoDbUsageTable(table, clock=lambda: NOW, live_hours_kept=timedelta(days=7))


@pytest.fixture
def live() -> MemoryLiveTable:
    """Slot totals, which are read once for all tenants of a run."""
    return MemoryLiveTable()


def an_assessor(
    usage: Any, live: MemoryLiveTable, levels: Any, now: datetime, zone: str = "UTC"
) -> Assessor:
    still_open = tuple(hour_of(now - ago * ONE_HOUR) for ago in (2, 1, 0))
    return Assessor(
        now=now,
        policy=a_policy(zone),
        reach=Reach(still_open[0], still_open, now - timedelta(minutes=2)),
        usage=usage,
        live_uses=LiveUses(live),
        store=levels,
        mode="enforce",
        past=usage,
    )


def put_spend(usage: DynamoDbUsageTable, live: MemoryLiveTable, tenant: str, cost: int) -> None:
    """A closed morning, and a live hour."""
    day = day_of(hour_of(NOW))
    hours = [HourTotal(hour, 1, Total(requests=9, cost=cost)) for hour in hours_of(day)[:10]]
    for hour in hours:
        usage.put_hours(hour.hour, 1, {tenant: hour.total})
    total = day_total_for(day, 1, hours)
    usage.put_day(tenant, total)
    usage.put_month(tenant, month_total_for(month_of(day), 1, [total]))
    slot = slot_of(NOW - timedelta(minutes=7))
    use = Use(requests=3, tokens=900, cost=cost)
    tenants = {**live.totals_of_slot(slot).tenants, tenant: use}
    live.slot_totals[slot] = SlotTotals(slot, 1, tenants)


@pytest.mark.parametrize("zone", ["UTC", "+05:30"])
def test_an_active_tenant_costs_at_most_twelve_items_and_nobody_scans(
    usage: DynamoDbUsageTable,
    live: MemoryLiveTable,
    levels: DynamoDbLevels,
    ledger: Ledger,
    zone: str,
) -> None:
    for number in range(ACTIVE + QUIET):
        put_spend(usage, live, f"tenant-{number}", cost=10**18 * (4 if number else 7))
    first = an_assessor(usage, live, levels, NOW, zone)
    for number in range(ACTIVE):
        first.full(f"tenant-{number}")
    ledger.items = 0
    ledger.operations.clear()

    next_hour = an_assessor(usage, live, levels, NOW + ONE_HOUR, zone)
    for number in range(ACTIVE):
        next_hour.full(f"tenant-{number}")
    not_green = list(levels.not_green())

    print(f"{ledger.items / ACTIVE:.1f} items per active tenant: {dict(ledger.operations)}")
    assert ledger.items <= 12 * ACTIVE
    assert "Scan" not in ledger.operations
    assert "tenant-0" in not_green


def test_a_tenant_nobody_asks_about_costs_nothing(
    usage: DynamoDbUsageTable, live: MemoryLiveTable, levels: DynamoDbLevels, ledger: Ledger
) -> None:
    costs = []
    for quiet in (0, QUIET):
        for number in range(ACTIVE, ACTIVE + quiet):
            put_spend(usage, live, f"tenant-{number}", cost=1)
        put_spend(usage, live, f"active-{quiet}", cost=1)
        ledger.items = 0
        an_assessor(usage, live, levels, NOW).full(f"active-{quiet}")
        costs.append(ledger.items)

    assert costs[0] == costs[1]
