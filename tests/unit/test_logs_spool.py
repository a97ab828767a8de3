"""Evidence files: equal evidence makes equal bytes, and all of it can be read again."""

import gzip
import io
import json
from collections.abc import Iterable
from itertools import pairwise
from random import Random
from typing import Any, NamedTuple, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.records.errors import BrokenEvidence, UnknownSchema
from bedrock_meter.domain.records.evidence import Evidence, bounded
from bedrock_meter.domain.records.schema import SCHEMA_VERSION
from bedrock_meter.domain.time.hours import Part
from bedrock_meter.logs import evidence as evidence_module
from bedrock_meter.logs import spool as spool_module
from bedrock_meter.logs.spool import EvidenceSpool, empty_evidence, evidence_in
from tests.builders import an_evidence
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


def column_of(body: bytes) -> list[Any]:
    """What stands in the file in place of the metadata."""
    return [json.loads(line)[8] for line in gzip.decompress(body).splitlines()[1:]]


def test_what_was_written_is_read() -> None:
    evidence = [an_evidence(f"r-{n}", metadata={"tenantId": 'a"\n#é'}) for n in range(2000)]

    assert read(file_of(evidence)) == evidence


def test_a_file_is_plain_gzip_of_many_members() -> None:
    (file,) = metered(zipped(text_of(*numbered(3000))), a_valuation()).files.values()

    lines = gzip.decompress(file).splitlines()
    assert len(lines) == 3001
    head = b'{"schema_version":%d,"columns":["line","request_id",' % SCHEMA_VERSION
    assert lines[0].startswith(head)


def test_metadata_are_written_once_and_then_by_number() -> None:
    other_order = {"app": "chat", "tenantId": "acme"}
    same_entries = {"tenantId": "acme", "app": "chat"}

    body = file_of(calls_of(None, ACME, BOLT, dict(ACME), None, other_order, same_entries, BOLT))

    assert column_of(body) == [None, ACME, BOLT, 0, None, other_order, same_entries, 1]


def test_invocations_with_the_same_metadata_share_one_dict() -> None:
    one, other, third = read(file_of(calls_of(ACME, BOLT, ACME)))

    assert one.metadata is third.metadata
    assert other.metadata == BOLT


def test_metadata_beyond_the_bounds_are_bounded_as_they_are_written() -> None:
    long = "x" * 257
    odd = [{"a": long}, {"tenantId": "acme", "a": long}, {"tenantId": "acme", long: ""}, {}]
    many = {str(n): "" for n in range(17)}

    body = file_of(calls_of(*odd, many, many))

    assert column_of(body) == [None, ACME, 0, None, bounded(many), 1]
    assert [one.metadata for one in read(body)] == [
        None, ACME, ACME, None, bounded(many), bounded(many),
    ]  # fmt: skip


def test_metadata_that_differ_from_call_to_call_fill_no_memory() -> None:
    evidence = calls_of(
        *({"session": f"{n:0200d}"} for n in range(3000)), {"session": f"{0:0200d}"}
    )
    spool = EvidenceSpool()

    spool.add(PART, evidence)

    (held,) = spool._parts.values()
    assert sum(map(len, held._shown.numbers)) < 128 << 10
    (file,) = spool.files().values()
    assert list(evidence_in(file)) == evidence
    spool.close()


def test_what_was_forgotten_is_shown_again_under_the_next_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(spool_module, "_REMEMBERED_BYTES", 400)

    body = file_of(calls_of(ACME, BOLT, ACME, {"tenantId": "zeta"}, ACME, ACME))

    assert column_of(body) == [ACME, BOLT, 0, {"tenantId": "zeta"}, ACME, 3]
    assert [one.metadata for one in read(body)] == [
        ACME,
        BOLT,
        ACME,
        {"tenantId": "zeta"},
        ACME,
        ACME,
    ]


@pytest.mark.parametrize("remembered", [128 << 10, 2_000])
@given(cuts=st.lists(st.integers(0, 300), max_size=5), distinct=st.sampled_from([1, 30, 300]))
def test_batches_leave_no_trace_in_the_bytes(
    remembered: int, cuts: list[int], distinct: int
) -> None:
    metadata = ({"tenantId": f"t-{n % distinct}"} for n in range(300))
    evidence, ends = calls_of(*metadata), sorted({0, *cuts, 300})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool_module, "_REMEMBERED_BYTES", remembered)
        patch.setattr(spool_module, "_BUFFER_BYTES", 5_000)

        batches = [evidence[begin:end] for begin, end in pairwise(ends)]

        assert file_of(*batches) == file_of(evidence)


def test_members_end_at_line_ends_of_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(7)
    evidence = [an_evidence(f"{random.getrandbits(800):x}") for _ in range(2000)]
    monkeypatch.setattr(spool_module, "_BUFFER_BYTES", 4096)

    members = []
    monkeypatch.setattr(spool_module, "_compress", lambda text: members.append(bytes(text)) or b"")
    file_of(evidence)

    assert len(members) > 50
    assert all(member.endswith(b"\n") and len(member) < 6000 for member in members)


def test_a_file_may_be_empty() -> None:
    assert read(empty_evidence()) == []


def a_line(metadata: object) -> bytes:
    """A line as it stands in a file, with something in place of its metadata."""
    return json.dumps([*an_evidence()[:8], metadata, *an_evidence()[9:]]).encode() + b"\n"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        empty_evidence()[:-5],
        zipped(b'{"shape":2,"columns":[]}\n'),
        zipped(b'{"schema_version":1,"columns":["colour"]}\n'),
        zipped(b"[]\n"),
        empty_evidence() + zipped(b"[1,2]\n"),
        empty_evidence() + zipped(a_line(0)),
        empty_evidence() + zipped(a_line(ACME) + a_line(0) + a_line(1)),
        empty_evidence() + zipped(a_line(ACME) + a_line(-1)),
        empty_evidence() + zipped(a_line(ACME) + a_line(True)),
        empty_evidence() + zipped(a_line({"tenantId": 7})),
    ],
    ids=[
        "nothing", "truncated", "older", "other columns", "no header", "no evidence",
        "no metadata yet", "not so many", "negative", "no number", "no text",
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
        read(zipped(header) + zipped(a_line(ACME)))


Later: Any = NamedTuple("Later", [*get_type_hints(Evidence).items(), ("colour", str)])
"""`Evidence` as a release with one column more has it."""
Later.__new__.__defaults__ = ("none",)
Later._field_defaults = {"colour": "none"}


def test_a_column_is_added_in_one_place_and_read_from_older_files_with_its_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    older = file_of(calls_of(ACME, BOLT, ACME))
    for module in (spool_module, evidence_module):
        monkeypatch.setattr(module, "Evidence", Later)
    row = evidence_module.row_type(Later)
    monkeypatch.setattr(spool_module, "EvidenceRow", row)
    monkeypatch.setattr(spool_module, "_rows", msgspec.json.Decoder(row))
    monkeypatch.setattr(spool_module, "_HEADER", spool_module._HEADER.replace(b"]", b',"colour"]'))

    newer = file_of([Later(*an_evidence(metadata=ACME), colour="red")])

    assert [(one.colour, one.metadata) for one in read(older)] == [
        ("none", ACME), ("none", BOLT), ("none", ACME),
    ]  # fmt: skip
    assert [(one.colour, one.metadata) for one in read(newer)] == [("red", ACME)]


def test_a_line_that_stands_for_metadata_is_read() -> None:
    body = empty_evidence() + zipped(a_line(ACME) + a_line(0))

    assert [one.metadata for one in read(body)] == [ACME, ACME]
