"""What it costs to note things about log objects and hours: request units as DynamoDB bills them.

A write costs a unit for each begun KB of the item, before or after, whichever is larger.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from bedrock_meter.aws.dynamodb_hours import INDEX, DynamoDbHourTable
from bedrock_meter.aws.dynamodb_live import DynamoDbLiveTable
from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable
from bedrock_meter.aws.dynamodb_waiting import DynamoDbWaitList
from bedrock_meter.domain.records.log_object import log_object_of
from bedrock_meter.domain.records.manifest import LogSummary, announced, settled
from bedrock_meter.domain.records.waiting import Swept, Waiting
from bedrock_meter.domain.time.hours import Hour, Month, Part, days_of, hour_after, hours_between
from bedrock_meter.domain.totals.total import DayTotal, month_total_for
from tests.builders import NINE, a_key, at
from tests.contracts.conftest import clock
from tests.contracts.test_usage_table import TOTAL

pytestmark = pytest.mark.engine

BUCKET = "an-organisation-bedrock-logs-111122223333-us-east-1"
LOG = log_object_of(BUCKET, a_key())
NOON = at("12:00")


class Bill:
    """Units that DynamoDB says were consumed."""

    def __init__(self) -> None:
        self.units = 0.0

    @contextmanager
    def of(self, table: Any) -> Iterator["Bill"]:
        events = table.meta.client.meta.events
        events.register("before-parameter-build.dynamodb", self._ask)
        events.register("after-call.dynamodb", self._add)
        self.units = 0.0
        yield self
        events.unregister("before-parameter-build.dynamodb", self._ask)
        events.unregister("after-call.dynamodb", self._add)

    def _ask(self, params: dict[str, Any], **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def _add(self, parsed: dict[str, Any], **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity", {})
        for one in consumed if isinstance(consumed, list) else [consumed]:
            self.units += one.get("CapacityUnits", 0)


def units(table: Any, do: Callable[[], object]) -> float:
    """What something costs."""
    with Bill().of(table) as bill:
        do()
    return bill.units


@pytest.mark.parametrize("parts", [1, 3, 12])
def test_the_copy_of_a_manifest_costs_a_unit(a_dynamodb_table: Any, parts: int) -> None:
    table = a_dynamodb_table()
    kept = timedelta(days=400)
    live = DynamoDbLiveTable(table, bodies=None, clock=clock, partials_kept=kept, objects_kept=kept)
    touched = tuple(Part(f"2026-11-21T{number:02d}:15") for number in range(parts))
    reading = announced(LOG, LogSummary("ab" * 32, 3, touched, 1_000, 2), None, NOON)

    cost = units(table, lambda: live.keep_copy(settled(reading, is_live=True)))

    assert cost == 1
    assert units(table, lambda: live.copy_of(LOG.object_id)) == 1


def test_waiting_and_being_met_cost_a_unit_each(a_dynamodb_table: Any) -> None:
    table = a_dynamodb_table()
    waits = DynamoDbWaitList(table)
    objects = [Waiting(BUCKET, a_key(f"{number:08d}"), NOON) for number in range(60)]

    assert units(table, lambda: waits.wait(objects)) == 60
    assert units(table, waits.waiting) <= 16
    assert units(table, lambda: waits.met(objects)) == 60
    assert units(table, waits.waiting) <= 8


def test_a_sweep_costs_a_unit(a_dynamodb_table: Any) -> None:
    table = a_dynamodb_table()
    swept = Swept(NINE, {hour_after(NINE, number): 5_000 for number in range(36)})

    assert units(table, lambda: DynamoDbWaitList(table).sweep_to(swept)) == 1


def test_progress_costs_a_unit_while_two_days_are_published_beyond(a_dynamodb_table: Any) -> None:
    table = a_dynamodb_table(has_sort_key=False, index=INDEX)
    hours = DynamoDbHourTable(table)
    beyond = list(hours_between(hour_after(NINE), hour_after(NINE, 49)))
    assert units(table, lambda: hours.begin_at(NINE)) == 1
    assert units(table, lambda: hours.seal(Hour("2026-08-01T00"))) == 1

    assert {units(table, lambda one=one: hours.note_published(one)) for one in beyond} == {1}
    assert units(table, lambda: hours.rows(beyond)) <= len(beyond)
    assert units(table, hours.progress) == 1
    # The progress is read first, to know which hours go.
    assert units(table, lambda: hours.advance(beyond[-1])) == 2


def test_a_month_that_names_versions_of_days_costs_two_units(a_dynamodb_table: Any) -> None:
    table = a_dynamodb_table()
    usage = DynamoDbUsageTable(table, clock=clock, live_hours_kept=timedelta(days=7))
    month = Month("2026-10")
    days = [DayTotal(day, 150, 2**24 - 1, TOTAL) for day in days_of(month)]

    cost = units(table, lambda: usage.put_month("acme", month_total_for(month, 1, days)))

    assert cost == 2
