"""Slot totals are sums of partials, whatever came twice or in another order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.aws.codec import packed_slot_totals, unpacked_slot_totals
from bedrock_meter.domain.records.use import Use, sum_of
from bedrock_meter.domain.time.hours import Slot
from bedrock_meter.domain.totals import live as slot_totals
from bedrock_meter.domain.totals.live import (
    MOST_ADDED,
    MOST_PARTS,
    SlotTotals,
    by_spend,
    part_of,
    slot_totals_for,
    with_partials,
)
from bedrock_meter.domain.totals.partial import Partial, PartialRow
from tests.builders import a_partial, a_row, row_sum

SLOT = Slot("2026-11-21T09:05")
ROWS = st.builds(
    a_row,
    st.sampled_from([None, "a", "b", "c"]),
    cost=st.integers(0, 10**24),
    requests=st.integers(1, 9),
    errors=st.integers(0, 1),
    usage=st.dictionaries(st.sampled_from(["input_tokens", "output_images"]), st.integers(1, 9)),
)
PARTIALS = st.lists(
    st.builds(
        lambda name, rows: Partial(name, SLOT, 1, tuple(rows)),
        st.text(min_size=1, max_size=3),
        st.lists(ROWS, max_size=4),
    ),
    max_size=5,
)


@given(PARTIALS, st.randoms(use_true_random=False))
def test_the_order_of_partials_never_matters(partials: list[Partial], random) -> None:
    shuffled = list(partials)
    random.shuffle(shuffled)

    assert slot_totals_for(SLOT, 1, shuffled) == slot_totals_for(SLOT, 1, partials)


@given(PARTIALS)
def test_a_slot_totals_holds_all_that_its_partials_hold(partials: list[Partial]) -> None:
    totals = slot_totals_for(SLOT, 1, partials)

    rows = [row for partial in partials for row in partial.rows]
    assert sum(use.cost for use in totals.tenants.values()) == sum(row.cost for row in rows)
    assert set(totals.tenants) == {row.tenant for row in rows}


@given(st.lists(ROWS))
def test_adding_rows_up_first_changes_no_slot_totals(rows: list) -> None:
    one = slot_totals_for(SLOT, 1, [Partial("o", SLOT, 1, tuple(rows))])
    summed = slot_totals_for(SLOT, 1, [Partial("o", SLOT, 1, row_sum(rows))])

    assert one == summed


def test_images_are_no_tokens() -> None:
    row = a_row(usage={"input_tokens": 7, "output_images": 3, "cache_read_tokens": 2})

    assert row.use().tokens == 9


def test_a_slot_totals_that_grows_too_large_keeps_its_largest_tenants(monkeypatch) -> None:
    monkeypatch.setattr(slot_totals, "MOST_ROWS", 2)
    partial = a_partial("o", a_row("small", 1), a_row("large", 9), a_row(None, 5), a_row("mid", 4))

    totals = slot_totals_for(SLOT, 1, [partial])

    assert list(totals.tenants) == [None, "large"]
    assert (totals.overflow.requests, totals.overflow.cost) == (2, 5)


def test_made_up_ids_are_capped_and_the_listed_keep_their_row() -> None:
    forged = [a_row(f"forged-{n}", 100 + n) for n in range(4_000)]
    partial = a_partial("o", *forged, a_row("listed", 1), a_row(None, 2), a_row("runaway", 10**9))

    totals = slot_totals_for(SLOT, 1, [partial], {"listed", "elsewhere"})

    assert len(totals.tenants) == slot_totals.MOST_UNLISTED + 2
    assert {"listed", None, "runaway", "forged-3999"} <= totals.tenants.keys()
    kept = sum(use.cost for use in totals.tenants.values())
    assert kept + totals.overflow.cost == sum(row.cost for row in partial.rows)


@given(st.lists(st.tuples(st.sampled_from([*"abcdef", None]), st.integers(0, 9)), max_size=30))
def test_whoever_keeps_a_row_no_number_is_lost(calls) -> None:
    rows = [a_row(tenant, cost) for tenant, cost in calls]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slot_totals, "MOST_UNLISTED", 2)
        totals = slot_totals_for(SLOT, 1, [Partial("o", SLOT, 1, tuple(rows))], {"e", "f"})

    assert sum_of([*totals.tenants.values(), totals.overflow]) == sum_of(row.use() for row in rows)
    assert {t for t, _ in calls if t in ("e", "f", None)} <= totals.tenants.keys()
    assert len(totals.tenants.keys() - {"e", "f", None}) <= 2


def test_tenants_are_assessed_by_what_they_used_listed_ones_first() -> None:
    rows = [a_row("small", 1), a_row("large", 9), a_row("listed", 0), a_row("mid", 4)]
    totals = slot_totals_for(SLOT, 1, [a_partial("o", *rows)])

    order = by_spend(["mid", "gone", "large", "listed", "small"], [totals.tenants], {"listed"})

    assert order == ["listed", "large", "mid", "small", "gone"]


def test_the_largest_slot_totals_fits_an_item_though_its_ids_are_random() -> None:
    import uuid

    rows = [
        a_row(str(uuid.UUID(int=number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)), number**4)
        for number in range(slot_totals.MOST_ROWS)
    ]
    totals = slot_totals_for(SLOT, 1, [a_partial("o", *rows)], {row.tenant for row in rows})

    packed = packed_slot_totals(totals)

    assert len(packed) < 300 * 1024
    assert unpacked_slot_totals(SLOT, 1, packed) == totals._replace(parts=frozenset())


PARTIALS = st.lists(st.lists(ROWS, max_size=4), min_size=1, max_size=8)


@given(PARTIALS, st.data())
def test_adding_partials_one_by_one_is_reading_them_all(
    rows: list[list[PartialRow]], data: st.DataObject
) -> None:
    partials = [a_partial(f"o-{number}", *some) for number, some in enumerate(rows)]
    first = data.draw(st.integers(0, len(partials) - 1))
    added = slot_totals_for(SLOT, 1, partials[:first])
    for partial in data.draw(st.permutations(partials[first:])):
        added = with_partials(added, [partial])

    whole = slot_totals_for(SLOT, added.version, partials)

    assert added._replace(added=0) == whole


@pytest.mark.parametrize(
    ("totals", "is_taken"),
    [
        (SlotTotals(SLOT, 1, {}, parts=frozenset(range(9))), True),
        (SlotTotals(SLOT, 1, {}, parts=frozenset(range(4))), False),
        (SlotTotals(SLOT, 1, {}, parts=frozenset({*range(9), part_of("new")})), False),
        (SlotTotals(SLOT, 1, {}, Use(1), parts=frozenset(range(9))), False),
        (SlotTotals(SLOT, 1, {}, parts=frozenset(range(9)), added=MOST_ADDED), False),
    ],
    ids=["many parts", "few parts", "came before", "overflow", "added to often"],
)
def test_only_what_is_surely_not_in_slot_totals_is_added(
    totals: SlotTotals, is_taken: bool
) -> None:
    assert totals.can_take({"new"}, 4) is is_taken


def test_of_too_many_log_objects_nothing_is_noted() -> None:
    partials = [a_partial(f"o-{number}") for number in range(MOST_PARTS + 1)]

    totals = slot_totals_for(SLOT, 1, partials)

    assert totals.parts == frozenset()
    assert not totals.can_take({"new"}, 0)
