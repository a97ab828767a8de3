"""`PastHours`: what a tenant's closed hours cost, for its baseline."""

from typing import Any

from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.total import EMPTY, Total


def test_hours_from_the_first_to_just_before_the_last_are_read(usage_table: Any) -> None:
    for hour, cost in (("20T23", 1), ("21T00", 2), ("21T05", 0), ("22T00", 4), ("22T01", 5)):
        usage_table.put_hours(Hour(f"2026-11-{hour}"), 1, {"acme": Total(cost=cost)})
    usage_table.put_hours(Hour("2026-11-21T07"), 1, {"other": Total(cost=9), None: EMPTY})

    found = usage_table.costs("acme", Hour("2026-11-21T00"), Hour("2026-11-22T01"))

    assert found == {
        Hour("2026-11-21T00"): 2,
        Hour("2026-11-21T05"): 0,
        Hour("2026-11-22T00"): 4,
    }
