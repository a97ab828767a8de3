"""A field of `Total` is a column of items and files, is added up and audited, with no other word.

Tried on a field that does not exist: what a newcomer has to do for one that does, docs/adding.md
says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import pyarrow as pa
import pytest

from bedrock_meter.aws import parquet, total_columns, usage_items
from bedrock_meter.domain.totals.audit import figures_of
from bedrock_meter.domain.totals.total import Total
from tests.contracts.test_usage_table import TOTAL


@dataclass(frozen=True, slots=True)
class Later(Total):
    """A total as a release counts it that knows Regions too."""

    regions: Mapping[str, int] = field(default_factory=dict)


@pytest.fixture
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package in which `Total` has one field more, and nothing else is new."""
    columns = total_columns.columns_of(Later)
    forms = {one: parquet.form_of(one) for one in columns}
    for module in (parquet, usage_items):
        monkeypatch.setattr(module, "Total", Later)
    monkeypatch.setattr(usage_items, "COLUMNS", columns)
    monkeypatch.setattr(parquet, "_TOTAL", forms)


def a_later_total() -> Later:
    known = {one.name: getattr(TOTAL, one.name) for one in fields(TOTAL)}
    return Later(**known, regions={"us-east-1": 2, "eu-west-1": 1})


@pytest.mark.usefixtures("_later")
def test_an_item_holds_a_new_field_and_one_without_it_is_read() -> None:
    total = a_later_total()

    assert usage_items.total_in(usage_items.of_total(total)) == total
    older = usage_items.of_total(total)
    del older["regions"], older["latency"]["sum_ms"], older["rules"]
    found = usage_items.total_in(older)
    assert (found.regions, found.latency_ms, found.timed, found.rules) == ({}, 0, 2, {})


@pytest.mark.usefixtures("_later")
def test_a_file_holds_a_new_field_as_its_last_column_and_one_without_it_is_read() -> None:
    total = a_later_total()
    row = parquet.total_row(total)

    assert list(row)[-1] == "regions"
    assert parquet.total_fields()[-1] == ("regions", pa.string())
    assert parquet.total_in(row) == total
    del row["regions"], row["latency_sum_ms"]
    found = parquet.total_in(row)
    assert (found.regions, found.latency_ms) == ({}, 0)


def test_a_new_field_is_added_up_and_audited() -> None:
    total = a_later_total()

    assert total.plus(total).regions == {"us-east-1": 4, "eu-west-1": 2}
    assert total.plus(total).models == TOTAL.plus(TOTAL).models
    assert figures_of(total) == figures_of(TOTAL) | {"regions.us-east-1": 2, "regions.eu-west-1": 1}


def test_the_total_that_stores_are_tried_with_has_something_in_every_field() -> None:
    assert all(getattr(TOTAL, one.name) for one in fields(TOTAL))


def test_columns_of_files_stand_in_the_order_in_which_they_came() -> None:
    assert [name for name, _ in parquet.total_fields()] == [
        *("requests", "errors", "cost_usd", "unpriced_requests", "conflicts"),
        *("latency_calls", "latency_sum_ms", "usage", "unpriced", "models", "rules"),
        "list_usd",
    ]
