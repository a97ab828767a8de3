"""`UsageTable`: closed hours follow epochs; live hours, days and months follow versions."""

from typing import Any

import pytest

from bedrock_meter.domain.records.use import Use
from bedrock_meter.domain.time.hours import Day, Hour, Month, Slot
from bedrock_meter.domain.totals.live_page import LivePage
from bedrock_meter.domain.totals.top import Ranked
from bedrock_meter.domain.totals.total import (
    EMPTY,
    DayTotal,
    HourTotal,
    ModelUse,
    MonthTotal,
    Total,
    day_total_for,
)
from tests.builders import NINE

DAY, MONTH = Day("2026-11-21"), Month("2026-11")
TOTAL = Total(
    requests=3,
    errors=1,
    usage={"input_tokens": 3000, "output_images": 1},
    cost=10**18 + 1,
    list_cost=10**18 + 2,
    unpriced_requests=1,
    unpriced={"output_images": 1},
    models={"a.b-v1:0": ModelUse(3, 3000, 10**18 + 1)},
    rules={"request_metadata": 3},
    conflicts=1,
    timed=2,
    latency_ms=900,
)
NAMES = ["acme", None, "", "a#b", 'quote"\n', "ü" * 256, "UNATTRIBUTED", "T#acme"]


@pytest.mark.parametrize("tenant", NAMES)
def test_any_tenant_id_is_a_key_of_its_own(usage_table: Any, tenant: str | None) -> None:
    usage_table.put_hours(NINE, 1, {name: EMPTY for name in NAMES if name != tenant})
    usage_table.put_hours(NINE, 1, {tenant: TOTAL})

    assert usage_table.hours_in(tenant, DAY) == [HourTotal(NINE, 1, TOTAL)]


def test_only_a_higher_epoch_replaces_a_closed_hour(usage_table: Any) -> None:
    usage_table.put_hours(NINE, 5, {"acme": TOTAL})
    usage_table.put_hours(NINE, 5, {"acme": EMPTY})
    usage_table.put_hours(NINE, 4, {"acme": EMPTY, "other": TOTAL})

    assert usage_table.hours_in("acme", DAY) == [HourTotal(NINE, 5, TOTAL)]
    assert usage_table.hours_in("other", DAY) == [HourTotal(NINE, 4, TOTAL)]

    usage_table.put_hours(NINE, 6, {"acme": EMPTY})
    assert usage_table.hours_in("acme", DAY) == [HourTotal(NINE, 6, EMPTY)]


def test_a_day_holds_its_own_hours_only(usage_table: Any) -> None:
    hours = [Hour(f"2026-11-{hour}") for hour in ("20T23", "21T00", "21T23", "22T00")]
    for hour in hours:
        usage_table.put_hours(hour, 1, {"acme": TOTAL})

    assert [one.hour for one in usage_table.hours_in("acme", DAY)] == hours[1:3]


def test_days_follow_their_versions(usage_table: Any) -> None:
    first = day_total_for(DAY, 1, [HourTotal(NINE, 1, TOTAL)])
    second = DayTotal(DAY, 2, 3, EMPTY)

    assert usage_table.day("acme", DAY) is None
    assert usage_table.put_day("acme", first)
    assert not usage_table.put_day("acme", first)
    assert usage_table.day("acme", DAY) == first
    assert usage_table.put_day("acme", second)
    assert usage_table.days_in("acme", MONTH) == [second]
    assert usage_table.days_in("acme", Month("2026-1")) == []


def test_months_follow_their_versions(usage_table: Any) -> None:
    first = MonthTotal(MONTH, 1, {DAY: 512}, TOTAL, {DAY: 3})
    second = MonthTotal(MONTH, 2, {DAY: 512, Day("2026-11-22"): 1}, TOTAL, {DAY: 4})

    assert usage_table.month("acme", MONTH) is None
    assert usage_table.put_month("acme", first)
    assert not usage_table.put_month("acme", first)
    assert usage_table.month("acme", MONTH) == first
    assert usage_table.put_month("acme", second)
    assert usage_table.month("acme", MONTH) == second


def test_live_pages_follow_their_versions(usage_table: Any) -> None:
    uses = {"acme": Use(1, 0, 100, 10**15 + 1, 0, 0), None: Use(2), "": Use(3), "a#b": Use(4)}
    versions = {Slot("2026-11-21T09:05"): 3}
    first = LivePage(NINE, 7, 16, 1, uses, "2026-11-21T09:06:00Z", versions, left_out=2)
    second = first._replace(version=2, uses={}, left_out=0)

    assert usage_table.put_live_page(first)
    assert not usage_table.put_live_page(first)
    assert not usage_table.put_live_page(second._replace(version=3))
    assert usage_table.live_pages(NINE, [0, 7]) == {7: first}
    assert usage_table.live_pages(Hour("2026-11-21T10"), [7]) == {}
    assert usage_table.put_live_page(second)
    assert usage_table.live_pages(NINE, [7]) == {7: second}


def test_the_largest_tenants_of_a_period_come_first(usage_table: Any) -> None:
    costs = {"small": Ranked(1, 1), "large": Ranked(10**18 + 1, 1), None: Ranked(5, 1)}
    usage_table.put_top(DAY, costs)
    usage_table.put_top(DAY, {"small": Ranked(7, 2), None: Ranked(0, 2)})

    assert usage_table.top(DAY) == [("large", 10**18 + 1), ("small", 7)]
    assert usage_table.top(MONTH) == []


def test_a_cost_told_late_takes_no_newer_ones_place(usage_table: Any) -> None:
    usage_table.put_top(DAY, {"acme": Ranked(7, 2), "gone": Ranked(0, 2)})
    usage_table.put_top(DAY, {"acme": Ranked(5, 1), "gone": Ranked(5, 1)})

    assert usage_table.top(DAY) == [("acme", 7)]
