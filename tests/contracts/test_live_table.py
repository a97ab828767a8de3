"""`LiveTable`: partials replace partials, slot totals follow versions, copies follow revisions."""

from typing import Any

from bedrock_meter.domain.records.manifest import settled
from bedrock_meter.domain.time.hours import Slot
from bedrock_meter.domain.totals.live import SlotTotals, slot_totals_for, with_partials
from tests.builders import NINE, a_partial, a_row
from tests.contracts.test_manifest_store import FULL, a_manifest

FIVE_PAST = Slot("2026-11-21T09:05")


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


def test_a_slot_totals_is_replaced_only_by_the_version_that_follows(live_table: Any) -> None:
    first = slot_totals_for(FIVE_PAST, 1, [a_partial()])
    rival = SlotTotals(FIVE_PAST, 1, {})
    second = slot_totals_for(FIVE_PAST, 2, [a_partial("one", a_row(None), a_row("b"))])

    assert live_table.totals_of_slot(FIVE_PAST) == SlotTotals(FIVE_PAST, 0, {})
    assert live_table.put_slot_totals(first)
    assert not live_table.put_slot_totals(rival)
    assert live_table.put_slot_totals(second)
    assert not live_table.put_slot_totals(second)
    assert live_table.totals_of_slot(FIVE_PAST) == second


def test_a_slot_totals_remembers_who_shrank(live_table: Any) -> None:
    totals = SlotTotals(FIVE_PAST, 1, {}, decreased=frozenset({None, "acme"}))
    live_table.put_slot_totals(totals)

    assert live_table.totals_of_slot(FIVE_PAST) == totals


def test_slot_totals_know_which_partials_are_in_them(live_table: Any) -> None:
    first = slot_totals_for(FIVE_PAST, 1, [a_partial("one"), a_partial("two")])
    second = with_partials(first, [a_partial("three")])
    live_table.put_slot_totals(first)
    live_table.put_slot_totals(second)

    found = live_table.totals_of_slot(FIVE_PAST)

    assert (found.parts, found.added) == (second.parts, 1)
    assert found == second


def test_partials_are_read_by_log_object(live_table: Any) -> None:
    one, two = a_partial("one"), a_partial("two")
    live_table.put_partial(one)
    live_table.put_partial(two)

    assert live_table.partials_at(one.slot, ["two", "none"]) == [two]
    assert len(live_table.partials_at(one.slot, ["one", "two"])) == 2
    assert live_table.partials_at(Slot("2026-11-21T10:00"), ["one"]) == []


def test_the_slot_totals_of_an_hour_come_in_order(live_table: Any) -> None:
    slots = [Slot(f"2026-11-21T{time}") for time in ("10:00", "09:55", "09:00", "08:55")]
    for slot in slots:
        live_table.put_slot_totals(slot_totals_for(slot, 1, [a_partial()]))

    assert [totals.slot for totals in live_table.slot_totals_of(NINE)] == [slots[2], slots[1]]


def test_the_copy_of_a_manifest_equals_it(live_table: Any) -> None:
    empty = a_manifest("empty", parts=(), records=0, digest="")

    live_table.keep_copy(FULL)
    live_table.keep_copy(empty)

    assert live_table.copy_of(FULL.object_id) == FULL
    assert live_table.copy_of(empty.object_id) == empty
    assert live_table.copy_of("unknown") is None


def test_a_copy_gives_way_to_later_revisions_only(live_table: Any) -> None:
    third = a_manifest(revision=3)
    live_table.keep_copy(third)
    live_table.keep_copy(a_manifest(revision=2, settled=True))
    assert live_table.copy_of(third.object_id) == third

    fourth = a_manifest(revision=4, settled=True, parts=(), former=())
    live_table.keep_copy(fourth)
    assert live_table.copy_of(third.object_id) == fourth


def test_an_object_is_undone_until_it_is_settled_or_set_aside(live_table: Any) -> None:
    reading, done, aside = (a_manifest(name) for name in ("reading", "done", "aside"))
    ids = [reading.object_id, done.object_id, aside.object_id, "unknown"]
    for manifest in (reading, done, aside):
        live_table.keep_copy(manifest)
    assert live_table.undone(ids) == set(ids)

    live_table.keep_copy(settled(done, is_live=False))
    live_table.keep_copy(aside._replace(aside="gone", revision=2))
    assert live_table.undone(ids) == {reading.object_id, "unknown"}
    assert live_table.undone([done.object_id, done.object_id]) == set()


def test_many_objects_are_asked_about_at_once(live_table: Any) -> None:
    for number in range(130):
        live_table.keep_copy(a_manifest(object_id=f"o{number}", settled=True))

    assert live_table.undone(f"o{number}" for number in range(135)) == {
        f"o{number}" for number in range(130, 135)
    }
