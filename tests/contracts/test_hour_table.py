"""`HourTable`: an hour is due while it was asked for since it was last cleaned."""

from datetime import timedelta
from typing import Any

from bedrock_meter.domain.hour_row import HourRow
from bedrock_meter.domain.hours import Hour, milliseconds_of
from tests.builders import NINE, at

TEN = Hour("2026-11-21T10")
NOON = at("12:00")


def test_an_hour_nobody_closed_is_due_though_nobody_asked(hour_table: Any) -> None:
    assert hour_table.row(NINE) == HourRow(NINE)
    assert hour_table.row(NINE).is_due()
    assert hour_table.due() == []


def test_a_close_that_nobody_disturbed_cleans_the_hour(hour_table: Any) -> None:
    hour_table.ask(NINE)
    mark = hour_table.mark(NINE, NOON)

    assert hour_table.finish(mark)

    row = hour_table.row(NINE)
    assert not row.is_due()
    assert row.published == mark.epoch == milliseconds_of(NOON)
    assert hour_table.due() == []


def test_an_hour_asked_for_while_it_closes_is_published_and_stays_due(hour_table: Any) -> None:
    mark = hour_table.mark(NINE, NOON)
    hour_table.ask(NINE)

    assert hour_table.finish(mark)

    assert hour_table.row(NINE).is_due()
    assert hour_table.row(NINE).published == mark.epoch
    assert hour_table.due() == [NINE]


def test_a_close_that_a_newer_one_overtook_publishes_nothing(hour_table: Any) -> None:
    slow = hour_table.mark(NINE, NOON)
    quick = hour_table.mark(NINE, NOON)
    assert quick.epoch > slow.epoch

    assert not hour_table.finish(slow)
    assert hour_table.row(NINE).published == 0

    assert hour_table.finish(quick)
    assert hour_table.row(NINE).published == quick.epoch


def test_epochs_grow_though_clocks_go_back(hour_table: Any) -> None:
    first = hour_table.mark(NINE, NOON)
    second = hour_table.mark(NINE, NOON - timedelta(hours=1))
    third = hour_table.mark(NINE, NOON + timedelta(hours=1))

    assert (second.epoch, third.epoch) == (
        first.epoch + 1,
        milliseconds_of(NOON + timedelta(hours=1)),
    )


def test_a_mark_knows_what_was_published_before_it(hour_table: Any) -> None:
    first = hour_table.mark(NINE, NOON)
    hour_table.finish(first)
    hour_table.ask(NINE)

    second = hour_table.mark(NINE, NOON)

    assert (second.published, second.seen) == (first.epoch, 1)


def test_finishing_twice_changes_nothing(hour_table: Any) -> None:
    mark = hour_table.mark(NINE, NOON)
    hour_table.finish(mark)
    row = hour_table.row(NINE)

    assert hour_table.finish(mark)
    assert hour_table.row(NINE) == row


def test_due_hours_come_oldest_first(hour_table: Any) -> None:
    for hour in (TEN, NINE, TEN):
        hour_table.ask(hour)

    assert hour_table.due() == [NINE, TEN]


def test_data_up_to_begins_once_and_only_advances(hour_table: Any) -> None:
    assert hour_table.data_up_to() is None
    assert hour_table.begin_at(TEN) == TEN
    assert hour_table.begin_at(NINE) == TEN

    eleven = Hour("2026-11-21T11")
    hour_table.advance(eleven)
    hour_table.advance(NINE)
    assert hour_table.data_up_to() == eleven
