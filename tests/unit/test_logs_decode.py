"""From text to records: line numbers and places are right, and one bad line spoils no other."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.logs.forms import Forms
from tests.builders import a_record
from tests.log_builders import found_in, line_of, numbered, text_of, zipped


def test_every_record_of_ndjson_comes_in_order_with_its_line() -> None:
    found = found_in(zipped(text_of(*numbered(300))))

    assert found.ids == [f"r-{number}" for number in range(300)]
    assert [one.line for one in found.evidence] == list(range(1, 301))


@pytest.mark.parametrize(
    "text",
    [
        b"\n\n" + line_of(a_record("one")) + b"\n \r\n" + line_of(a_record("two")),
        line_of(a_record("one")) + b"\r\n\r\n\r\n\r\n" + line_of(a_record("two")) + b"\r\n",
    ],
    ids=["blank lines", "carriage returns"],
)
def test_blank_lines_count_as_lines_and_as_nothing_else(text: bytes) -> None:
    found = found_in(text)

    assert found.ids == ["one", "two"]
    lines = text.split(b"\n")
    for one in found.evidence:
        assert one.request_id.encode() in lines[one.line - 1]


def test_a_byte_order_mark_is_skipped() -> None:
    assert found_in(b"\xef\xbb\xbf" + text_of(a_record("one"))).ids == ["one"]


def test_records_without_a_line_end_between_them_are_all_read() -> None:
    line = line_of(a_record("one")) + line_of(a_record("two")) + b" " + line_of(a_record("three"))

    found = found_in(line + b"\n" + line_of(a_record("four")))

    assert found.ids == ["one", "two", "three", "four"]
    assert [one.line for one in found.evidence] == [1, 1, 1, 2]


@pytest.mark.parametrize(
    "lines",
    [["one two", "", "three"], ["onetwo", " \t", "three", "four"], ["", "one two", "three"]],
    ids=["a blank line behind", "a line of spaces", "a blank line before"],
)
def test_as_many_lines_as_records_do_not_make_line_numbers_wrong(lines: list[str]) -> None:
    """Two records on one line and a line without any: the numbers agree, the places do not."""
    text = "\n".join(lines)
    for name in ("one", "two", "three", "four"):
        text = text.replace(name, line_of(a_record(name)).decode())

    found = found_in(text.encode())

    assert {one.request_id: one.line for one in found.evidence} == {
        name: number
        for number, line in enumerate(lines, 1)
        for name in ("one", "two", "three", "four")
        if name in line
    }


def test_of_several_records_on_one_line_only_the_bad_one_is_refused() -> None:
    bad = a_record("bad", input={"inputTokenCount": -1})

    found = found_in(b"".join(line_of(r) for r in (a_record("one"), bad, a_record("two"))))

    assert found.ids == ["one", "two"]
    assert found.reasons == ["bad_count"]


def test_records_printed_for_reading_are_read() -> None:
    printed = "\n".join(json.dumps(a_record(name), indent=4) for name in ("one", "two"))

    found = found_in(printed.encode())

    assert found.ids == ["one", "two"]
    assert [one.line for one in found.evidence] == [1, 1 + printed.count("\n") // 2 + 1]


def test_a_printed_record_larger_than_a_block_is_read() -> None:
    large = a_record("large", output={"outputTokenCount": 1, "outputBodyJson": ["x"] * 100_000})

    found = found_in(json.dumps(large, indent=2).encode() + b"\n" + line_of(a_record("two")))

    assert found.ids == ["large", "two"]


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_of_records_is_taken_apart_where_that_is_asked_for(indent: int | None) -> None:
    text = json.dumps([a_record("one"), a_record("two")], indent=indent).encode()

    assert found_in(text, forms=Forms()).ids == ["one", "two"]


def test_an_array_in_the_log_bucket_is_a_body_and_no_record() -> None:
    found = found_in(json.dumps([a_record("one"), a_record("two")]).encode())

    assert found.ids == []
    assert found.reasons == ["not_a_record"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"no json at all", "not_json"),
        (b'{"schemaType":"ModelInvocationLog","timestamp":', "not_json"),
        (b'{"schemaType":"ModelInvocationLog"', "not_json"),
        (b'"text"', "not_a_record"),
        (b"null", "not_a_record"),
        (b"17", "not_a_record"),
        (b"[]", "not_a_record"),
        (b"{}", "not_a_record"),
        (b'{"schemaType":"SomethingElse"}', "not_a_record"),
        (b'{"schemaType":"ModelInvocationLog","modelId":"m"}', "bad_time"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2], ids=["first", "between", "last"])
def test_a_bad_line_is_refused_and_its_neighbours_are_not(
    line: bytes, reason: str, place: int
) -> None:
    lines: list[object] = [a_record("one"), a_record("two")]
    lines.insert(place, line)

    found = found_in(zipped(text_of(*lines)))

    assert found.ids == ["one", "two"]
    assert found.reasons == [reason]
    assert found.rejects[0].line == place + 1


LINES = st.lists(
    st.sampled_from(
        [
            line_of(a_record("good")),
            b"",
            b"bad",
            b'{"a":',
            line_of(a_record("good", timestamp="never")),
            line_of(a_record("good", region=7)),
            line_of(a_record("good", input={"inputTokenCount": 1.5})),
        ]
    )
).map(lambda lines: [line_of(a_record("good")), *lines])


@given(LINES)
def test_the_place_of_every_reject_leads_back_to_its_line(lines: list[bytes]) -> None:
    text = b"\n".join(lines)

    for reject in found_in(zipped(text)).rejects:
        line = text[reject.offset : reject.offset + reject.length]
        assert line == lines[reject.line - 1]
        assert hashlib.sha256(line).hexdigest() == reject.sha256


@given(LINES)
def test_every_line_that_is_not_blank_comes_to_exactly_one_end(lines: list[bytes]) -> None:
    found = found_in(zipped(b"\n".join(lines)))

    ends = [one.line for one in (*found.evidence, *found.rejects)]
    assert sorted(ends) == [number for number, line in enumerate(lines, 1) if line]


def test_a_first_value_that_never_ends_is_refused_up_to_the_next_record() -> None:
    found = found_in(b'{"a":\n  "b":\n' + text_of(a_record("one"), a_record("two")))

    assert found.ids == ["one", "two"]
    assert [(reject.line, reject.length) for reject in found.rejects] == [(1, 12)]


def test_a_reject_keeps_metering_fields_and_no_text() -> None:
    prompt = "tell me a secret"
    record = a_record(
        "11111111-2222-3333-4444-555555555555",
        input={"inputTokenCount": "12", "inputBodyJson": {"messages": prompt}},
        output={"outputTokenCount": 7},
        operation=prompt,
        requestMetadata={"tenantId": prompt},
    )

    reject = _only_reject(record)

    assert reject.fields == {
        "timestamp": "2026-11-21T09:05:00Z",
        "accountId": "111122223333",
        "region": "us-east-1",
        "requestId": "11111111-2222-3333-4444-555555555555",
        "modelId": "global.anthropic.claude-haiku-4-5-20251001-v1:0",
        "outputTokenCount": 7,
        "message": "inputTokenCount is not a whole number from 0 to 1000000000000",
    }
    assert "secret" not in repr(reject)


def _only_reject(record: object) -> Reject:
    (reject,) = found_in(text_of(record)).rejects
    return reject
