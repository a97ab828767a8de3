"""`HourTable`: an hour is due while it was asked for since it was last cleaned."""

from datetime import timedelta
from typing import Any

from bedrock_meter.domain.time.hours import Hour, milliseconds_of
from bedrock_meter.domain.totals.hour_row import HourRow, Progress
from tests.builders import NINE, at

TEN, ELEVEN, TWELVE = (Hour(f"2026-11-21T{hour}") for hour in (10, 11, 12))
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


def test_a_mark_knows_which_close_began_before_it(hour_table: Any) -> None:
    first = hour_table.mark(NINE, NOON)
    second = hour_table.mark(NINE, NOON - timedelta(hours=1))
    third = hour_table.mark(NINE, NOON + timedelta(hours=1))

    follows = [mark.follows for mark in (first, second, third)]
    assert follows == [0, first.epoch, second.epoch]


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


def test_rows_of_many_hours_come_at_once_empty_ones_too(hour_table: Any) -> None:
    hour_table.ask(NINE)
    hour_table.mark(NINE, NOON)
    many = [Hour(f"2026-{month:02d}-01T{hour:02d}") for month in range(1, 6) for hour in range(24)]

    rows = hour_table.rows([NINE, *many, TEN, NINE])

    assert rows == {hour: hour_table.row(hour) for hour in (NINE, *many, TEN)}
    assert rows[NINE].dirty == 1
    assert rows[TEN] == HourRow(TEN)
    assert hour_table.rows([]) == {}


def test_data_up_to_begins_once_and_only_advances(hour_table: Any) -> None:
    assert hour_table.progress() == Progress()
    hour_table.advance(NINE)
    assert hour_table.progress() == Progress()

    assert hour_table.begin_at(TEN) == TEN
    assert hour_table.begin_at(NINE) == TEN

    hour_table.advance(ELEVEN)
    hour_table.advance(NINE)
    assert hour_table.progress() == Progress(ELEVEN)


def test_hours_published_beyond_are_noted_until_data_up_to_passes_them(hour_table: Any) -> None:
    hour_table.begin_at(NINE)
    for hour in (TWELVE, TEN, NINE, TEN):
        hour_table.note_published(hour)
    assert hour_table.progress() == Progress(NINE, frozenset({NINE, TEN, TWELVE}))

    hour_table.advance(ELEVEN)
    assert hour_table.progress() == Progress(ELEVEN, frozenset({TWELVE}))

    hour_table.advance(Hour("2026-11-21T13"))
    assert hour_table.progress() == Progress(Hour("2026-11-21T13"))


def test_an_hour_before_data_up_to_is_published_anyway_and_not_noted(hour_table: Any) -> None:
    hour_table.begin_at(TEN)

    hour_table.note_published(NINE)

    assert hour_table.progress() == Progress(TEN)
    assert hour_table.progress().is_published(NINE)


def test_an_hour_published_before_the_first_plan_is_noted(hour_table: Any) -> None:
    hour_table.note_published(TEN)
    assert hour_table.begin_at(NINE) == NINE

    assert hour_table.progress() == Progress(NINE, frozenset({TEN}))


def test_sealed_hours_stay_sealed(hour_table: Any) -> None:
    hour_table.seal(TEN)
    hour_table.seal(NINE)
    assert hour_table.progress() == Progress(sealed=TEN)

    hour_table.begin_at(ELEVEN)
    hour_table.note_published(TWELVE)
    hour_table.seal(ELEVEN)
    assert hour_table.progress() == Progress(ELEVEN, frozenset({TWELVE}), ELEVEN)


def test_progress_is_no_hour(hour_table: Any) -> None:
    hour_table.begin_at(NINE)
    hour_table.ask(TEN)

    assert hour_table.due() == [TEN]


def test_a_close_that_gave_up_is_noted_unless_another_has_begun(hour_table: Any) -> None:
    first = hour_table.mark(NINE, NOON)
    hour_table.leave(first)
    assert hour_table.row(NINE).left == first.epoch

    second = hour_table.mark(NINE, NOON)
    hour_table.leave(first)

    row = hour_table.row(NINE)
    assert (row.epoch, row.left) == (second.epoch, first.epoch)


def test_hours_begin_to_be_final_once_and_never_fewer(hour_table: Any) -> None:
    hour_table.begin_at(NINE)
    hour_table.begin_sealing(TEN, NOON)
    hour_table.begin_sealing(NINE, at("12:30"))
    hour_table.begin_sealing(TEN, at("12:45"))

    progress = hour_table.progress()
    assert (progress.sealing, progress.sealing_since, progress.sealed) == (TEN, NOON, None)


def test_what_was_asked_of_a_published_hour_can_be_dropped(hour_table: Any) -> None:
    mark = hour_table.mark(NINE, NOON)
    hour_table.finish(mark)
    hour_table.ask(NINE)

    assert hour_table.keep_published(hour_table.row(NINE))

    assert hour_table.due() == []
    assert not hour_table.row(NINE).is_due()
    assert hour_table.row(NINE).published == mark.epoch


def test_what_was_asked_meanwhile_is_not_dropped(hour_table: Any) -> None:
    hour_table.finish(hour_table.mark(NINE, NOON))
    hour_table.ask(NINE)
    seen = hour_table.row(NINE)
    hour_table.ask(NINE)

    assert not hour_table.keep_published(seen)

    assert hour_table.due() == [NINE]
