"""Hostile log objects: what is kept, what is refused, and that the rest of the object counts.

Every test puts the hostile thing among good records and reads the object both ways: as `rate` and
replay do, and as the ingest does. Both must end alike.
"""

import gzip
import io
import json
import subprocess
import sys
import time
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bedrock_meter.logs.gunzip import InflationLimits
from bedrock_meter.logs.spool import evidence_in
from bedrock_meter.logs.values import ValueReader
from tests.builders import a_log_object, a_record
from tests.log_builders import (
    SOURCE,
    Found,
    a_valuation,
    found_in,
    line_of,
    metered,
    text_of,
    zipped,
)

GOOD = [a_record(f"good-{number}") for number in range(5)]
IDS = [record["requestId"] for record in GOOD]
NUMBER_FIELDS = [
    ("input", "inputTokenCount"),
    ("input", "cacheReadInputTokenCount"),
    ("input", "cacheWriteInputTokenCount"),
    ("output", "outputTokenCount"),
]


def among_good(*hostile: object) -> bytes:
    """A log object whose hostile lines stand between good ones."""
    return zipped(text_of(*GOOD[:3], *hostile, *GOOD[3:]))


def read_both_ways(data: bytes) -> Found:
    """Read an object; the ingest's quick pass must keep and refuse the same."""
    log_object = a_log_object()
    source = SOURCE._replace(object_id=log_object.object_id)
    found = found_in(data, source=source)
    reading = metered(data, a_valuation())

    assert reading.records == len(found.evidence)
    assert reading.rejects == found.rejects
    requests = sum(row.requests for partial in reading.partials for row in partial.rows)
    assert requests == len(found.evidence)
    return found


def assert_only_refused(data: bytes, *reasons: str) -> Found:
    """All good records count, and the hostile ones are refused for these reasons."""
    found = read_both_ways(data)

    assert found.ids == IDS
    assert found.reasons == list(reasons)
    return found


def test_a_truncated_object_keeps_every_whole_line_before_the_break() -> None:
    text = text_of(*(a_record(f"r-{number}") for number in range(2000)))

    found = read_both_ways(zipped(text)[:-2000])

    assert 1000 < len(found.ids) < 2000
    assert found.ids == [f"r-{number}" for number in range(len(found.ids))]
    assert found.reasons == ["truncated_gzip"]


def test_a_bad_checksum_keeps_the_lines_and_says_so() -> None:
    wrong = bytearray(zipped(text_of(*GOOD)))
    wrong[-8] ^= 0xFF

    assert_only_refused(bytes(wrong), "bad_crc")


def test_a_bad_member_does_not_cost_the_members_before_it() -> None:
    assert_only_refused(zipped(text_of(*GOOD)) + b"not a member", "bad_crc")


@pytest.mark.parametrize("data", [b"\x00\x01\x02" * 1000, b"PK\x03\x04" + b"x" * 200_000])
def test_an_object_that_is_neither_gzip_nor_text_is_refused_whole(data: bytes) -> None:
    found = read_both_ways(data)

    assert (found.ids, found.reasons) == ([], ["not_gzip"])


def test_text_that_is_no_json_is_refused_line_by_line() -> None:
    assert read_both_ways(b"not\njson\n").reasons == ["not_json", "not_json"]


@pytest.mark.parametrize(
    "data",
    [b"", gzip.compress(b"", mtime=0), gzip.compress(b"\n \n", mtime=0)],
    ids=["nothing", "empty", "blank"],
)
def test_an_empty_object_holds_nothing_and_refuses_nothing(data: bytes) -> None:
    found = read_both_ways(data)

    assert (found.ids, found.reasons) == ([], [])


def test_of_a_bomb_the_part_before_counts() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = packer.compress(text_of(*GOOD)) + packer.compress(b"\n" * 60_000_000) + packer.flush()

    assert_only_refused(bomb, "gzip_bomb")


def test_of_an_object_that_inflates_beyond_the_limit_the_part_before_counts() -> None:
    text = text_of(*GOOD, *(a_record(f"r-{number}") for number in range(2000)))

    found = found_in(zipped(text), limits=InflationLimits(inflated=300_000))

    assert found.ids[:5] == IDS
    assert found.reasons == ["too_large"]


def test_a_line_of_60_mb_is_refused_without_being_held() -> None:
    line = b'{"schemaType":"ModelInvocationLog","x":"' + b"y" * 60_000_000 + b'"}'
    packed = gzip.compress(text_of(*GOOD[:3]), 1)
    packed += gzip.compress(line + b"\n" + text_of(*GOOD[3:]), 1)

    began = time.process_time()
    found = found_in(packed, limits=InflationLimits(ratio=2000))
    took = time.process_time() - began

    assert found.ids == IDS
    assert [(r.reason, r.line, r.length) for r in found.rejects] == [
        ("line_too_long", 4, len(line))
    ]
    assert took < 3  # one pass; joining a growing tail again and again takes minutes


@pytest.mark.parametrize("shape", ["[", '{"a":'])
@pytest.mark.parametrize("closed", [True, False])
def test_100_000_levels_of_nesting_poison_one_line_only(shape: str, closed: bool) -> None:
    closing = {"[": "]", '{"a":': "}"}[shape]
    deep = shape * 100_000 + ("1" + closing * 100_000 if closed else "")
    record = json.dumps(a_record("deep", input={"inputBodyJson": "DEEP"})).replace('"DEEP"', deep)

    assert_only_refused(among_good(record.encode()), "too_deep")


def test_of_duplicate_keys_the_last_one_counts() -> None:
    twice = line_of(a_record("twice")).replace(
        b'"inputTokenCount":1000', b'"inputTokenCount":"x","inputTokenCount":1,"inputTokenCount":2'
    )

    found = read_both_ways(among_good(twice))

    assert not found.rejects
    assert next(one for one in found.evidence if one.request_id == "twice").usage == {
        "input_tokens": 2,
        "output_tokens": 100,
    }


@pytest.mark.parametrize("part, name", NUMBER_FIELDS)  # noqa: PT006
@pytest.mark.parametrize(
    "count",
    ["-1", "1000000000001", "1e400", "5.0", "5.5", '"5"', "1e3", "true", "[]", "{}", "NaN",
     "Infinity", "-Infinity", "9" * 5000],
    ids=lambda count: count[:20],
)  # fmt: skip
def test_a_count_that_is_no_whole_number_in_range_is_refused(
    part: str, name: str, count: str
) -> None:
    record = a_record("bad")
    record[part] = {**record[part], name: "COUNT"}
    line = line_of(record).replace(b'"COUNT"', count.encode())

    assert_only_refused(among_good(line), "bad_count")


def test_the_largest_count_there_can_be_is_kept_exactly() -> None:
    most = 10**12
    record = a_record("most", input={"inputTokenCount": most}, output={"outputTokenCount": most})

    found = read_both_ways(among_good(record))

    assert found.evidence[3].usage == {"input_tokens": most, "output_tokens": most}


def test_null_anywhere_is_as_absent() -> None:
    for name in a_record():
        nulled = {**a_record("null"), name: None}
        absent = {key: value for key, value in nulled.items() if key != name}

        null, gone = read_both_ways(among_good(nulled)), read_both_ways(among_good(absent))

        assert null.evidence == gone.evidence, name
        assert null.reasons == gone.reasons, name


@pytest.mark.parametrize("part, name", NUMBER_FIELDS)  # noqa: PT006
def test_a_null_count_is_as_an_absent_one(part: str, name: str) -> None:
    record = a_record("null")
    record[part] = {**record[part], name: None}

    found = read_both_ways(among_good(record))

    assert not found.rejects
    assert found.evidence[3].request_id == "null"


def test_invalid_utf8_in_a_body_is_counted() -> None:
    record = a_record("body", input={"inputTokenCount": 1, "inputBodyJson": "BODY"})

    found = read_both_ways(among_good(line_of(record).replace(b"BODY", b"\xff\xfe\xc0")))

    assert not found.rejects
    assert found.evidence[3].request_id == "body"


@pytest.mark.parametrize(
    "changes",
    [
        {"requestMetadata": {"tenantId": "UTF8"}},
        {"requestMetadata": {"UTF8": "x"}},
        {"modelId": "UTF8"},
        {"region": "UTF8"},
        {"requestId": "UTF8"},
        {"operation": "UTF8"},
        {"identity": {"arn": "UTF8"}},
    ],
)
@pytest.mark.parametrize("text", [b"\xff", b"\xed\xa0\x80", b"\\ud800"], ids=repr)
def test_invalid_utf8_in_a_field_that_is_read_is_refused(
    changes: dict[str, Any], text: bytes
) -> None:
    line = line_of(a_record(**changes)).replace(b"UTF8", text)

    assert_only_refused(among_good(line), "not_utf8")


@pytest.mark.parametrize(
    "half", [b"\\ud83d", b"\\uDC00", b"\\ud83d\\ud83d", b"\\\\\\ud83d cut", b"\\ud83d\\n"], ids=repr
)
def test_half_a_surrogate_pair_in_a_body_is_counted(half: bytes) -> None:
    body = {"messages": "HALF", "model": "HALF"}
    record = a_record(
        "half",
        input={"inputTokenCount": 1, "inputBodyJson": body},
        output={"outputTokenCount": 2, "outputBodyJson": {**body, "metrics": {"latencyMs": 9}}},
    )

    found = read_both_ways(among_good(line_of(record).replace(b"HALF", half)))

    assert not found.rejects
    assert found.evidence[3].usage == {"input_tokens": 1, "output_tokens": 2}
    assert found.evidence[3].latency_ms == 9


TENANTS = [
    "a#b", "a/b", "../../x", 'quo"te', "it's", "new\nline", "nul\u0000", "t" * 256, " lead", "é",
    "日本", "😀", "\u202e", "{}", "[]", "null", "T#acme", "UNATTRIBUTED", "=", "%2F", "*", "\\",
]  # fmt: skip


@pytest.mark.parametrize("tenant", TENANTS, ids=lambda tenant: repr(tenant)[:20])
def test_a_tenant_id_is_kept_to_the_letter(tenant: str) -> None:
    data = among_good(a_record("hostile", requestMetadata={"tenantId": tenant}))

    found = read_both_ways(data)
    reading = metered(data, a_valuation())

    assert found.evidence[3].metadata == {"tenantId": tenant}
    tenants = {row.tenant: row.requests for p in reading.partials for row in p.rows}
    assert tenants == {"acme": 5, tenant: 1}


@pytest.mark.parametrize("tenant", ["", " ", "\t\n", "x" * 257])
def test_a_tenant_id_that_says_nothing_leaves_the_call_unattributed(tenant: str) -> None:
    reading = metered(
        among_good(a_record("blank", requestMetadata={"tenantId": tenant})), a_valuation()
    )

    tenants = {row.tenant: row.requests for p in reading.partials for row in p.rows}
    assert tenants == {"acme": 5, None: 1}


def test_metadata_with_16_odd_keys_are_kept_to_the_letter() -> None:
    odd = {f"k{number} :_@$#=/+,-.": "x" * 256 for number in range(14)}
    record = a_record("odd", requestMetadata={**odd, "TenantId": "acme", "APP": "chat"})

    reading = metered(among_good(record), a_valuation())

    (file,) = reading.files.values()
    kept = next(one for one in evidence_in(io.BytesIO(file)) if one.request_id == "odd")
    assert kept.metadata == record["requestMetadata"]
    assert [row.tenant for p in reading.partials for row in p.rows] == ["acme"]


def test_an_object_of_nothing_but_rejects_is_read_in_bounded_memory_and_time() -> None:
    data = gzip.compress(b'{"schemaType":"ModelInvocationLog","timestamp":5}\n' * 40_000, 1)

    began = time.process_time()
    reading = metered(data, a_valuation())
    took = time.process_time() - began

    reasons = Counter(reject.reason for reject in reading.rejects)
    assert reasons == {"bad_time": 10_000, "more_rejects": 1}
    assert reading.rejects[-1].fields == {"rejects": 30_000}
    assert took < 20


@pytest.mark.parametrize(
    "cut",
    [
        b'{"inputBodyJson":"' + rb"\"" * 100_000,
        line_of(a_record(input={"inputBodyJson": json.dumps({"k": ["v"] * 30_000})}))[:150_000],
    ],
    ids=["escaped quotes", "a prompt of JSON"],
)
@pytest.mark.parametrize("place", ["first", "last"])
def test_a_line_cut_inside_a_string_takes_time_in_proportion_to_its_length(
    cut: bytes, place: str
) -> None:
    lines = [cut, *GOOD] if place == "first" else [*GOOD, cut]
    begun = time.process_time()

    found = read_both_ways(zipped(text_of(*lines)))

    assert time.process_time() - begun < 2
    assert (found.ids, found.reasons) == (IDS, ["not_json"])


def test_very_many_values_on_one_line_are_cut_in_time_in_proportion_to_its_length() -> None:
    begun = time.process_time()

    values = list(ValueReader(arrays=False).read(0, 1, b"{}" * 300_000))

    assert time.process_time() - begun < 4
    assert (len(values), values[-1].offset, values[-1].line) == (300_000, 599_998, 1)


def test_every_line_hostile_in_another_way_still_leaves_the_good_ones() -> None:
    hostile = [
        b"\xff\xff",
        b"{" * 1000,
        b'"' * 1001,
        b"[" + line_of(a_record("in an array")) + b"]",
        line_of(a_record("two")) + line_of(a_record("three"))[:-1],
        b'{"schemaType":"ModelInvocationLog"}',
        b"\\" * 1000,
    ]

    found = read_both_ways(among_good(*hostile))

    assert [one for one in found.ids if one.startswith("good")] == IDS
    assert set(found.ids) - set(IDS) == {"two"}
    assert [reject.line for reject in found.rejects] == [4, 5, 6, 7, 8, 9, 10]


@pytest.mark.slow
def test_200_mb_of_large_records_are_metered_in_bounded_memory(tmp_path: Path) -> None:
    """Peak memory of a whole process stays far below the size of what it reads."""
    script = tmp_path / "meter.py"
    script.write_text(_PEAK)
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    records, peak_mb = map(int, done.stdout.split())

    assert records == 14_000
    assert peak_mb <= 96, f"{peak_mb} MB"


_PEAK = """
import sys, zlib
sys.path[:0] = [".", "layers/bedrock_meter/python"]
from bedrock_meter import prices
from bedrock_meter.domain.records.log_object import log_object_of
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.reading import reading_of
from tests.builders import a_key, a_record
from tests.log_builders import line_of

BODY = {"messages": ["%d %d" % (n * n, n) for n in range(1110)]}
GIVEN = {"inputTokenCount": 1, "inputBodyJson": BODY}
LINE = line_of(a_record("r-NUMBER", time="09:MI:00", input=GIVEN)) + b"\\n"

class Endless:
    def __init__(self, records):
        self.left, self.buffer, self.pack = records, b"", zlib.compressobj(1, wbits=31)
    def read(self, size):
        while len(self.buffer) < size and self.left:
            self.left -= 1
            minute = b"%02d" % (self.left % 60)
            line = LINE.replace(b"NUMBER", b"%d" % self.left).replace(b"MI", minute)
            self.buffer += self.pack.compress(line)
            if not self.left:
                self.buffer += self.pack.flush()
        piece, self.buffer = self.buffer[:size], self.buffer[size:]
        return piece

valuation = Valuation(DEFAULT_POLICY, prices.shipped())
log_object = log_object_of("logs", a_key())
with reading_of(Endless(14_000), log_object, valuation, Callers(DEFAULT_POLICY)) as reading:
    sizes = [len(file.read()) for file in reading.evidence().values()]
    partials = list(reading.partials())
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
# Not ru_maxrss, which begins with the size of the process that started this one.
print(reading.records, int(status["VmHWM"].split()[0]) // 1024)
"""
