"""`LiveTable`: partials replace partials, boards follow versions, hours of an object add up."""

from typing import Any

from bedrock_meter.domain.board import Board, board_for
from bedrock_meter.domain.hours import Hour, Slot
from bedrock_meter.domain.log_object import ObjectRow
from tests.builders import NINE, a_partial, a_row

FIVE_PAST = Slot("2026-11-21T09:05")


def row_of(digest: str = "d", version: int = 1, *hours: Hour) -> ObjectRow:
    return ObjectRow("one", digest, version, hours or (NINE,), records=2, rejects=1)


def test_a_partial_written_twice_is_there_once(live_table: Any) -> None:
    assert live_table.put_partial(a_partial())
    assert live_table.put_partial(a_partial())

    assert live_table.partials_of(FIVE_PAST) == [a_partial()]


def test_a_partial_comes_back_as_it_was_written(live_table: Any) -> None:
    partial = a_partial(
        "one",
        a_row("a#b/\"c'\n", cost=10**21 + 1, unpriced={"output_images": 2}, unpriced_requests=1),
        a_row(None, cost=0, usage={}, errors=1),
        a_row("ä" * 256, model="arn:aws:bedrock:x:1:application-inference-profile/abc"),
    )

    live_table.put_partial(partial)

    [back] = live_table.partials_of(FIVE_PAST)
    assert (back.object_id, back.slot, back.version) == ("one", FIVE_PAST, partial.version)
    assert sorted(back.rows, key=str) == sorted(partial.rows, key=str), "in whatever order"


def test_a_partial_of_an_older_reading_never_replaces_a_newer_one(live_table: Any) -> None:
    newer = a_partial("one", a_row(cost=7), version=2)
    live_table.put_partial(newer)

    assert not live_table.put_partial(a_partial("one", a_row(cost=5), version=1))

    assert live_table.partials_of(FIVE_PAST) == [newer]


def test_partials_too_large_for_an_item_are_read_back_whole(live_table: Any) -> None:
    rows = [a_row(f"{number:064x}", cost=number**5) for number in range(20_000)]
    large = a_partial("large", *rows)

    live_table.put_partial(large)
    live_table.put_partial(a_partial("small"))

    assert live_table.partials_of(FIVE_PAST) == [large, a_partial("small")]


def test_a_slot_holds_no_partials_of_its_neighbours(live_table: Any) -> None:
    live_table.put_partial(a_partial("one", slot="09:00"))
    live_table.put_partial(a_partial("one", slot="09:50"))

    assert live_table.partials_of(FIVE_PAST) == []


def test_a_board_is_replaced_only_by_the_version_that_follows(live_table: Any) -> None:
    first = board_for(FIVE_PAST, 1, [a_partial()])
    rival = Board(FIVE_PAST, 1, {})
    second = board_for(FIVE_PAST, 2, [a_partial("one", a_row(None), a_row("b"))])

    assert live_table.board_of(FIVE_PAST) == Board(FIVE_PAST, 0, {})
    assert live_table.put_board(first)
    assert not live_table.put_board(rival)
    assert live_table.put_board(second)
    assert not live_table.put_board(second)
    assert live_table.board_of(FIVE_PAST) == second


def test_a_board_remembers_who_shrank(live_table: Any) -> None:
    board = Board(FIVE_PAST, 1, {}, shrunk=frozenset({None, "acme"}))
    live_table.put_board(board)

    assert live_table.board_of(FIVE_PAST) == board


def test_the_boards_of_an_hour_come_in_order(live_table: Any) -> None:
    slots = [Slot(f"2026-11-21T{time}") for time in ("10:00", "09:55", "09:00", "08:55")]
    for slot in slots:
        live_table.put_board(board_for(slot, 1, [a_partial()]))

    assert [board.slot for board in live_table.boards_of(NINE)] == [slots[2], slots[1]]


def test_an_object_keeps_every_hour_it_ever_touched(live_table: Any) -> None:
    ten = Hour("2026-11-21T10")

    live_table.announce(row_of("d", 1, NINE))
    standing = live_table.announce(row_of("d", 2, ten))

    assert standing.hours == (NINE, ten)
    assert live_table.object_row("one") == standing


def test_another_content_under_the_same_id_is_refused(live_table: Any) -> None:
    live_table.announce(row_of("d"))

    assert live_table.announce(row_of("other")).digest == "d"
    assert live_table.object_row("one").digest == "d"


def test_an_older_reading_is_refused_by_a_newer_one(live_table: Any) -> None:
    live_table.announce(row_of("d", 2))

    assert live_table.announce(row_of("d", 1, Hour("2026-11-21T11"))).version == 2
    assert live_table.object_row("one").hours == (NINE,)


def test_an_object_remembers_the_lowest_version_that_read_it(live_table: Any) -> None:
    assert live_table.announce(row_of("d", 2)).first == 2
    assert live_table.announce(row_of("d", 3)).first == 2


def test_an_object_is_unsettled_until_it_is_settled(live_table: Any) -> None:
    row = live_table.announce(row_of())
    assert live_table.unsettled(["one", "two"]) == {"one", "two"}

    live_table.settle(row)
    assert live_table.unsettled(["one", "two"]) == {"two"}

    live_table.announce(row_of("d", 2))
    live_table.settle(row)
    assert live_table.unsettled(["one"]) == {"one"}


def test_many_objects_are_asked_about_at_once(live_table: Any) -> None:
    for number in range(130):
        row = row_of()._replace(object_id=f"o{number}")
        live_table.settle(live_table.announce(row))

    assert live_table.unsettled(f"o{number}" for number in range(135)) == {
        f"o{number}" for number in range(130, 135)
    }


def test_an_object_without_a_single_record_has_a_row(live_table: Any) -> None:
    empty = row_of()._replace(hours=(), records=0)

    assert live_table.announce(empty) == empty
    assert live_table.object_row("one") == empty
