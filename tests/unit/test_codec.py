"""What is packed for a table comes out again, and takes as little room as it should."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.aws.codec import (
    packed_partial,
    packed_slot_totals,
    unpacked_partial,
    unpacked_slot_totals,
)
from bedrock_meter.domain.records.errors import UnknownSchema
from bedrock_meter.domain.time.hours import Slot
from bedrock_meter.domain.totals.live import SlotTotals
from bedrock_meter.domain.totals.partial import Partial, PartialRow

SLOT = Slot("2026-11-21T09:05")
NO_TOTALS = SlotTotals(SLOT, 1, {})

counts = st.integers(0, 10**12)
quantities = st.dictionaries(
    st.sampled_from(["input_tokens", "output_tokens", "output_images"]), st.integers(1, 10**12)
)
rows = st.builds(
    PartialRow,
    tenant=st.none() | st.text(min_size=1, max_size=12),
    model=st.text(min_size=1, max_size=12),
    requests=counts,
    errors=counts,
    usage=quantities,
    cost=st.integers(0, 10**30),
    unpriced_requests=counts,
    unpriced=quantities,
)


def a_partial(*rows: PartialRow) -> Partial:
    return Partial("one", SLOT, 1, rows)


def by_name(partial: Partial) -> list[PartialRow]:
    return sorted(partial.rows, key=lambda row: (row.model, row.tenant or ""))


@given(st.lists(rows, max_size=20, unique_by=lambda row: (row.model, row.tenant)))
def test_a_partial_comes_out_as_it_went_in(found: list[PartialRow]) -> None:
    partial = a_partial(*found)

    again = unpacked_partial("one", SLOT, 1, packed_partial(partial))

    assert again.rows == tuple(by_name(partial))


@given(st.permutations([PartialRow(f"t-{n}", "m", n, 0, {}, n, 0, {}) for n in range(6)]))
def test_equal_rows_make_equal_bytes_whatever_their_order(found: list[PartialRow]) -> None:
    in_order = sorted(found, key=lambda row: row.requests)

    assert packed_partial(a_partial(*found)) == packed_partial(a_partial(*in_order))


@pytest.mark.parametrize("version", [0, 2])
def test_a_body_of_another_release_is_refused(version: int) -> None:
    named = f"a packed body of schema version {version}; this release reads version 1"

    with pytest.raises(UnknownSchema, match=named):
        unpacked_partial("one", SLOT, 1, bytes([version]) + packed_partial(a_partial())[1:])
    with pytest.raises(UnknownSchema, match=named):
        unpacked_slot_totals(SLOT, 1, bytes([version]) + packed_slot_totals(NO_TOTALS)[1:])
