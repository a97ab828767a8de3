"""Evidence files: equal evidence makes equal bytes, and all of it can be read again."""

import gzip
import io
from collections.abc import Iterable
from datetime import timedelta
from itertools import pairwise
from typing import Any, NamedTuple, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.records.errors import BrokenEvidence, UnknownSchema
from bedrock_meter.domain.records.evidence import Evidence, bounded
from bedrock_meter.domain.records.schema import SCHEMA_VERSION
from bedrock_meter.domain.time.hours import Part, start_of
from bedrock_meter.domain.time.hours import text_of as time_text
from bedrock_meter.logs import evidence as evidence_module
from bedrock_meter.logs import packing as packing_module
from bedrock_meter.logs import spool as spool_module
from bedrock_meter.logs.columns import Ints, Lists, Sets, Usages, codes_in
from bedrock_meter.logs.packing import Block, block_of, ids_in, metadata_values
from bedrock_meter.logs.spool import EvidenceSpool, blocks_in, empty_evidence, evidence_in
from tests.builders import NINE, an_evidence
from tests.log_builders import a_valuation, metered, numbered, text_of, zipped

PART = Part("2026-11-21T09:00")
ACME, BOLT = {"tenantId": "acme"}, {"tenantId": "bolt"}


def file_of(*batches: Iterable[Evidence]) -> bytes:
    """The file of evidence that was handed over in batches."""
    spool = EvidenceSpool()
    for batch in batches:
        spool.add(PART, batch)
    (file,) = spool.files().values()
    body = file.read()
    spool.close()
    return body


def read(body: bytes) -> list[Evidence]:
    return list(evidence_in(io.BytesIO(body)))


def calls_of(*metadata: dict[str, str] | None) -> list[Evidence]:
    """A call with each of these metadata, in order."""
    return [an_evidence(f"r-{n}", metadata=one) for n, one in enumerate(metadata)]


def column_of(body: bytes) -> list[tuple[list[Any], list[int]]]:
    """Which sets of metadata each block names, and which of them its rows have."""
    return [
        (metadata_values(block.metadata), [*codes_in(block.metadata, block.rows)])
        for block in blocks_in(io.BytesIO(body))
    ]


def test_what_was_written_is_read() -> None:
    evidence = [an_evidence(f"r-{n}", metadata={"tenantId": 'a"\n#é'}) for n in range(2000)]

    assert read(file_of(evidence)) == evidence


def test_a_file_is_plain_gzip_of_many_members() -> None:
    (file,) = metered(zipped(text_of(*numbered(3000))), a_valuation()).files.values()

    assert gzip.decompress(file).startswith(b'{"schema_version":1}\n')
    assert [block.rows for block in blocks_in(io.BytesIO(file))] == [1024, 1024, 952]


def test_metadata_are_written_once_in_a_block_and_then_by_number() -> None:
    other_order = {"app": "chat", "tenantId": "acme"}
    same_entries = {"tenantId": "acme", "app": "chat"}

    body = file_of(calls_of(None, ACME, BOLT, dict(ACME), None, other_order, same_entries, BOLT))

    named = [None, ACME, BOLT, other_order, same_entries]
    assert column_of(body) == [(named, [0, 1, 2, 1, 0, 3, 4, 2])]


def test_invocations_with_the_same_metadata_share_one_dict() -> None:
    one, other, third = read(file_of(calls_of(ACME, BOLT, ACME)))

    assert one.metadata is third.metadata
    assert other.metadata == BOLT


def test_metadata_beyond_the_bounds_are_bounded_as_they_are_written() -> None:
    long = "x" * 257
    odd = [{"a": long}, {"tenantId": "acme", "a": long}, {"tenantId": "acme", long: ""}, {}]
    many = {str(n): "" for n in range(17)}

    body = file_of(calls_of(*odd, many, many))

    assert column_of(body) == [([None, ACME, bounded(many)], [0, 1, 1, 0, 2, 2])]
    assert [one.metadata for one in read(body)] == [
        None, ACME, ACME, None, bounded(many), bounded(many),
    ]  # fmt: skip


def test_long_texts_end_a_block_so_that_they_fill_no_memory() -> None:
    longest = [
        {str(n): "x" * 256 for n in range(16)} | {"0": f"{call:0256d}"} for call in range(100)
    ]
    evidence = calls_of(*longest)

    body = file_of(evidence)

    assert [block.rows for block in blocks_in(io.BytesIO(body))] == [62, 38]
    assert read(body) == evidence


@given(cuts=st.lists(st.integers(0, 300), max_size=5), distinct=st.sampled_from([1, 30, 300]))
def test_batches_leave_no_trace_in_the_bytes(cuts: list[int], distinct: int) -> None:
    metadata = ({"tenantId": f"t-{n % distinct}"} for n in range(300))
    evidence, ends = calls_of(*metadata), sorted({0, *cuts, 300})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool_module, "_MOST_ROWS", 70)
        patch.setattr(spool_module, "_MOST_TEXT", 5_000)

        batches = [evidence[begin:end] for begin, end in pairwise(ends)]

        assert file_of(*batches) == file_of(evidence)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
HEX = st.uuids().map(str)
TIMES = st.one_of(
    st.integers(0, 3_599_999_999).map(
        lambda at: time_text(start_of(NINE) + timedelta(microseconds=at))
    ),
    st.integers(0, 3_599).map(lambda at: f"2026-11-21T09:{at // 60:02d}:{at % 60:02d}Z"),
    st.sampled_from(
        [
            "2026-11-21T09:05:00.000000Z", "2026-11-21T09:05:00.5Z", "2026-11-21T09:05:00.12345x",
            "2026-11-21T09:05:00z", "2026-11-21T10:05:00Z", "2026-11-21T09:65:00Z", "2026",
        ]
    ),
)  # fmt: skip
ODD_IDS = st.sampled_from(["", "0" * 36, "AA" + "b" * 34, "{}-{}-{}-{}-{}".format(*["zz" * 4] * 5)])
COUNTS = st.one_of(st.integers(0, 300), st.integers(0, (1 << 62) - 1))
EVIDENCE = st.builds(
    Evidence,
    line=COUNTS,
    request_id=st.one_of(HEX, HEX.map(str.upper), ODD_IDS, TEXTS),
    at=TIMES,
    account=TEXTS,
    region=TEXTS,
    operation=TEXTS,
    model_id=TEXTS,
    principal=TEXTS,
    metadata=st.none() | st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=3),
    usage=st.dictionaries(st.sampled_from(["input_tokens", "output_tokens", "x/1"]), COUNTS),
    counts=st.sampled_from(["present", "zero"]),
    error_code=st.none() | TEXTS,
    tier=TEXTS,
    body_model=st.none() | TEXTS,
    latency_ms=st.none() | COUNTS,
    first_byte_ms=st.none() | COUNTS,
    assumptions=st.lists(TEXTS, max_size=2),
)


@given(st.lists(EVIDENCE, min_size=1, max_size=6))
def test_whatever_was_written_is_read_the_same(evidence: list[Evidence]) -> None:
    found = read(file_of(evidence))

    assert found == evidence
    assert [[*one.usage] for one in found] == [[*one.usage] for one in evidence]
    assert [[*(one.metadata or ())] for one in found] == [
        [*(one.metadata or ())] for one in evidence
    ]


@given(st.lists(st.uuids().map(str), min_size=1, max_size=50))
def test_a_uuid_takes_sixteen_bytes(ids: list[str]) -> None:
    (block,) = blocks_in(io.BytesIO(file_of(an_evidence(one) for one in ids)))

    assert len(block.request_id.uuids) == 16 * len(ids)
    assert ids_in(block.request_id, block.rows) == ids


def test_a_file_may_be_empty() -> None:
    assert read(empty_evidence()) == []


def framed(block: object) -> bytes:
    """A block as it stands in a file, packed."""
    text = msgspec.msgpack.encode(block)
    return zipped(len(text).to_bytes(4, "little") + text)


def a_block(**changes: Any) -> bytes:
    """A block of two calls with something in place of what it should hold."""
    row = [*an_evidence()]
    row[Evidence._fields.index("metadata")] = b'{"tenantId":"acme"}'
    return framed(msgspec.structs.replace(block_of([row, row]), **changes))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        empty_evidence()[:-5],
        zipped(b'{"shape":2,"columns":[]}\n'),
        zipped(b"[]\n"),
        empty_evidence() + framed([1, 2]),
        empty_evidence() + a_block()[:-9],
        empty_evidence() + zipped(b"\x09\0\0\0{}"),
        empty_evidence() + a_block(rows=0),
        empty_evidence() + a_block(rows=3),
        empty_evidence() + a_block(line=Ints(9, False, b"123456789" * 2)),
        empty_evidence() + a_block(metadata=Sets([b"{}"], Ints(1, False, b"\0\1"))),
        empty_evidence() + a_block(metadata=Sets([b'{"tenantId":7}'], Ints(0, False, b""))),
        empty_evidence() + a_block(usage=Usages(Lists([["x"]], Ints(0, False, b"")), {})),
    ],
    ids=[
        "nothing", "truncated", "without a version", "no header", "no block", "half a block",
        "less than it says", "no rows", "not so many rows", "no such width", "no such set",
        "no text", "no such kind",
    ],
)  # fmt: skip
def test_a_file_that_is_none_says_so(body: bytes) -> None:
    with pytest.raises(BrokenEvidence):
        read(body)


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION + 1])
def test_a_file_of_another_release_is_refused(version: int) -> None:
    this, other = (b'version":%d' % one for one in (SCHEMA_VERSION, version))
    header = gzip.decompress(empty_evidence()).replace(this, other)

    with pytest.raises(UnknownSchema, match=f"file of schema version {version}; this release"):
        read(zipped(header) + a_block())


def test_a_block_has_a_column_for_every_field_of_evidence() -> None:
    rows, *columns = Block.__struct_fields__

    assert rows == "rows"
    assert tuple(columns) == Evidence._fields


Later: Any = NamedTuple("Later", [*get_type_hints(Evidence).items(), ("colour", str)])
"""`Evidence` as a release with one column more has it."""
Later.__new__.__defaults__ = ("none",)
Later._field_defaults = {"colour": "none"}


def test_a_column_is_added_in_one_place_and_read_from_older_files_with_its_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    older = file_of(calls_of(ACME, BOLT, ACME))
    block = packing_module.block_type(Later)
    monkeypatch.setattr(packing_module, "Evidence", Later)
    monkeypatch.setattr(packing_module, "Block", block)
    monkeypatch.setattr(packing_module, "_CODINGS", packing_module.codings_of(Later))
    monkeypatch.setattr(spool_module, "EvidenceRow", evidence_module.row_type(Later))
    monkeypatch.setattr(spool_module, "_block_in", msgspec.msgpack.Decoder(block).decode)

    newer = file_of([Later(*an_evidence(metadata=ACME), colour="red")])

    assert [(one.colour, one.metadata) for one in read(older)] == [
        ("none", ACME), ("none", BOLT), ("none", ACME),
    ]  # fmt: skip
    assert [(one.colour, one.metadata) for one in read(newer)] == [("red", ACME)]
