"""Request ids that come more than once are found, whatever form they have and wherever they lie."""

from array import array
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter import prices
from bedrock_meter.columns.derive import derived_in_columns
from bedrock_meter.columns.repeats import FileRows, RequestKeys, places_of, repeated, rows_with
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
from bedrock_meter.domain.records.errors import BrokenEvidence, Contended
from bedrock_meter.domain.time.hours import edges_of
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.derive_calls import derived_by_rows, files_of
from bedrock_meter.local.objects import MemoryEvidenceStore
from bedrock_meter.logs.columns import Ids
from bedrock_meter.logs.packing import block_of
from bedrock_meter.logs.spool import evidence_file
from bedrock_meter.ports import EvidenceFile
from tests.builders import NINE, an_evidence
from tests.columns.test_same_as_rows import a_store

FIRST = edges_of(NINE)[0]
ONES = "ffffffff-ffff-ffff-ffff-ffffffffffff"
UUID = "01234567-89ab-cdef-0123-456789abcdef"
IDS = st.one_of(st.uuids().map(str), st.text(max_size=3), st.sampled_from([UUID, ONES, ""]))


def ids_of(*request_ids: str) -> Ids:
    """Request ids as a block of them holds them."""
    rows = [[*an_evidence(one)] for one in request_ids]
    for row in rows:
        row[8] = None
    ids: Ids = block_of(rows).request_id
    return ids


def keys_of(*blocks: Ids) -> pa.Array:
    keys = RequestKeys()
    for ids in blocks:
        keys.add(ids)
    return keys.column()


@given(st.lists(st.lists(IDS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_every_id_that_comes_twice_is_found_and_no_nameless_call(blocks: list[list[str]]) -> None:
    keys = keys_of(*(ids_of(*block) for block in blocks))
    ids = [one for block in blocks for one in block]

    found = rows_with(keys, repeated([keys])).to_pylist()

    twice = [row for row, one in enumerate(ids) if one and ids.count(one) > 1]
    assert set(found) >= set(twice)
    assert not [row for row in found if not ids[row]]


def test_a_uuid_is_the_same_among_uuids_and_among_other_texts() -> None:
    keys = keys_of(ids_of(UUID, ONES), ids_of(UUID, "r-1", ONES))

    assert rows_with(keys, repeated([keys])).to_pylist() == [0, 1, 2, 4]


def test_ids_that_count_up_in_their_second_half_are_not_taken_for_one() -> None:
    keys = keys_of(ids_of(*(f"00000000-0000-0000-0000-{n:012x}" for n in range(1000))))

    assert len(repeated([keys])) == 0


def test_rows_are_parted_by_file_empty_files_included() -> None:
    found = list(places_of([0, 2, 3, 7], array("q", [3, 3, 6, 8])))

    assert found == [FileRows(0, [0, 2]), FileRows(2, [0]), FileRows(3, [1])]


def test_a_damaged_file_is_named() -> None:
    store = a_store([[an_evidence("r-1")], [an_evidence("r-2")]])
    part, object_id = max(store.kept)
    store.kept[part, object_id] = (1, b"no evidence")

    with pytest.raises(BrokenEvidence, match=f"{part}/{object_id}: an evidence file"):
        derived_in_columns(
            NINE, files_of(NINE, store), store, Valuation(DEFAULT_POLICY, prices.shipped())
        )


def test_an_hour_without_calls_is_empty() -> None:
    store = a_store([])

    found = derived_in_columns(
        NINE, files_of(NINE, store), store, Valuation(DEFAULT_POLICY, prices.shipped())
    )

    assert (found.totals, found.apart, tuple(found.calls)) == ({}, 0, ())


class Restless(MemoryEvidenceStore):
    """Evidence that is replaced after each of its first readings."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def bodies(self, files: Sequence[EvidenceFile]) -> Iterator[tuple[EvidenceFile, BinaryIO]]:
        yield from super().bodies(files)
        if self.times and files:
            self.times -= 1
            some = [an_evidence(f"r-{self.times}-{n}", line=n) for n in range(1 + self.times % 3)]
            with evidence_file(FIRST, [*some, an_evidence("twice")]) as body:
                self.put(FIRST, "object-0", 1, body)


def restless(times: int) -> Restless:
    store = Restless(times)
    for name in ("object-0", "object-1"):
        with evidence_file(FIRST, [an_evidence("twice")]) as body:
            store.put(FIRST, name, 1, body)
    return store


def test_evidence_replaced_while_it_is_read_is_read_anew() -> None:
    store, valuation = restless(3), Valuation(DEFAULT_POLICY, prices.shipped())

    found = derived_in_columns(NINE, files_of(NINE, store), store, valuation)

    assert found.totals == derived_by_rows(NINE, files_of(NINE, store), store, valuation).totals


def test_evidence_that_never_stands_still_is_given_up() -> None:
    store, valuation = restless(1_000), Valuation(DEFAULT_POLICY, prices.shipped())

    with pytest.raises(Contended, match=f"evidence of {NINE} was replaced 5 times"):
        derived_in_columns(NINE, files_of(NINE, store), store, valuation)
