"""Deriving: the totals and the rows of an hour from its evidence, in columns.

`jobs/derive_calls.derived_by_rows` gives the same row by row, slower and in more memory.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from bedrock_meter.columns.adding import totals_of
from bedrock_meter.columns.arrays import int64
from bedrock_meter.columns.attributing import attributed
from bedrock_meter.columns.calls import Calls
from bedrock_meter.columns.gather import HourColumns
from bedrock_meter.columns.pricing import priced
from bedrock_meter.columns.repeats import (
    FileRows,
    RequestKeys,
    key_of,
    places_of,
    repeated,
    rows_with,
)
from bedrock_meter.columns.table import CallTable
from bedrock_meter.domain.records.errors import BrokenEvidence, Contended, UnknownSchema
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.merge import Merged, Occurrence, merge
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs.packing import block_of, some_evidence_in
from bedrock_meter.logs.spool import blocks_in
from bedrock_meter.ports import DerivedHour, EvidenceFile, EvidenceStore, HourFiles

_MERGED_AT_ONCE = 200_000
"""Records of repeated requests that are in memory at once, about; 700 bytes each."""
_ROWS = 1_024
_ATTEMPTS = 5
_METADATA = Evidence._fields.index("metadata")
_DAMAGED = (ValueError, KeyError, IndexError, OverflowError, msgspec.DecodeError)


class _Read(NamedTuple):
    """The keys of the request ids of some files, and the row after each file's last."""

    files: Sequence[EvidenceFile]
    keys: RequestKeys
    ends: array[int]


class _Replaced(Exception):
    """A file was replaced between the first reading of it and the second."""


def derived_in_columns(
    hour: Hour, files: HourFiles, evidence: EvidenceStore, valuation: Valuation
) -> DerivedHour:
    """Derive an hour: every request once, whose it is, what it cost, and the sums of that.

    Raise `Contended` when its evidence is replaced all the time.
    """
    for _ in range(_ATTEMPTS):
        try:
            return _derived(hour, files, evidence, valuation)
        except _Replaced:
            continue
    raise Contended(f"evidence of {hour} was replaced {_ATTEMPTS} times while it was read")


def _derived(
    hour: Hour, files: HourFiles, evidence: EvidenceStore, valuation: Valuation
) -> DerivedHour:
    columns = HourColumns(valuation.read_of, valuation.policy.recognition.claim_of)
    own = _gathered(files.own, evidence, columns)
    edges = _gathered(files.edges, evidence, None)
    rows, apart = _merged(hour, own, edges, evidence, columns)
    calls = Calls(columns, rows)
    if not len(calls):
        return DerivedHour({}, apart, ())
    owned = attributed(calls, valuation)
    prices = priced(calls, owned, valuation)
    table = CallTable(calls, owned, prices, valuation)
    return DerivedHour(totals_of(calls, owned, prices), apart, table)


def _gathered(
    files: Sequence[EvidenceFile], evidence: EvidenceStore, columns: HourColumns | None
) -> _Read:
    """Read files into columns, where there are any, and into keys."""
    read = _Read(files, RequestKeys(), array("q"))
    for file, blocks in _blocks(files, evidence):
        for block in blocks:
            try:
                read.keys.add(block.request_id)
                if columns:
                    columns.add(block, file.object_id)
            except _DAMAGED as error:
                raise _broken(file, error) from error
        read.ends.append(len(read.keys))
    return read


def _merged(
    hour: Hour, own: _Read, edges: _Read, evidence: EvidenceStore, columns: HourColumns
) -> tuple[pa.Array | None, int]:
    """Merge what was logged several times; return the rows that count, and calls apart.

    Those rows are read again in full, merged by the rules for rows, and put at the end.
    """
    mine, others = own.keys.column(), edges.keys.column()
    again = repeated((mine, others))
    if not len(again):
        return None, 0
    out = pc.is_in(mine, value_set=again)
    kept, apart = int64(array("q", range(len(mine)))).filter(pc.invert(out)), 0
    for some in _parts(again, len(pc.indices_nonzero(out)) + len(rows_with(others, again))):
        found = merge(hour, _occurrences(own, mine, some, evidence),
                      _occurrences(edges, others, some, evidence))  # fmt: skip
        apart += found.apart
        _append(found, columns)
    added = int64(array("q", range(len(mine), columns.rows)))
    return pa.concat_arrays([kept, added]), apart


def _parts(keys: pa.Array, records: int) -> Iterator[pa.Array]:
    """Part keys so that the records of each part have room in memory."""
    size = max(1, len(keys) * _MERGED_AT_ONCE // max(records, 1))
    for first in range(0, len(keys), size):
        yield keys.slice(first, size)


def _occurrences(
    read: _Read, keys: pa.Array, wanted: pa.Array, evidence: EvidenceStore
) -> list[Occurrence]:
    """Read the records with these keys again, in full; `_Replaced` when others stand there now."""
    rows = rows_with(keys, wanted)
    places = list(places_of(rows.to_pylist(), read.ends))
    files = [read.files[place.file] for place in places]
    found = [
        Occurrence(file.hour, file.object_id, one)
        for place, (file, blocks) in zip(places, _blocks(files, evidence), strict=True)
        for one in _picked(place, file, blocks)
    ]
    if [key_of(one.evidence.request_id) for one in found] != keys.take(rows).to_pylist():
        raise _Replaced
    return found


def _picked(place: FileRows, file: EvidenceFile, blocks: Iterable[Any]) -> Iterator[Evidence]:
    first, rows = 0, place.rows
    for block in blocks:
        here = [row - first for row in rows if first <= row < first + block.rows]
        first += block.rows
        if here:
            try:
                yield from some_evidence_in(block, here)
            except _DAMAGED as error:
                raise _broken(file, error) from error


def _append(found: Merged, columns: HourColumns) -> None:
    for some in batched(found.calls, _ROWS):
        rows: list[list[Any]] = [[*call.evidence] for call in some]
        for row in rows:
            row[_METADATA] = row[_METADATA] and msgspec.json.encode(row[_METADATA])
        columns.add(block_of(rows), [call.object_id for call in some])


def _blocks(
    files: Sequence[EvidenceFile], evidence: EvidenceStore
) -> Iterator[tuple[EvidenceFile, Iterator[Any]]]:
    for file, body in evidence.bodies(files):
        yield file, _named_blocks(file, blocks_in(body))


def _named_blocks(file: EvidenceFile, blocks: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from blocks
    except (BrokenEvidence, UnknownSchema) as problem:
        raise type(problem)(f"{file.part}/{file.object_id}: {problem}") from problem


def _broken(file: EvidenceFile, error: Exception) -> BrokenEvidence:
    return BrokenEvidence(f"{file.part}/{file.object_id}: an evidence file is damaged: {error}")
