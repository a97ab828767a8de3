"""What CloudWatch puts around records is taken off for the commands, and only for them."""

import json

import pytest

from bedrock_meter.logs.forms import Forms
from tests.builders import a_record
from tests.kept_forms import FORMS, GREETING
from tests.log_builders import a_valuation, found_in, line_of, metered, text_of

RECORDS = [a_record("one"), a_record("two")]
# Here the log lines themselves stand below the greeting.
PLAIN = {"greeting first"}


@pytest.mark.parametrize("form", sorted(FORMS.keys() - PLAIN))
def test_none_of_these_forms_is_a_log_object(form: str) -> None:
    data = FORMS[form](RECORDS)

    reading = metered(data, a_valuation())

    assert (reading.records, reading.files) == (0, {})
    assert reading.rejects
    assert found_in(data).ids == []


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_in_order_where_it_is_asked_for(form: str) -> None:
    found = found_in(FORMS[form](RECORDS), forms=Forms())

    assert (found.ids, found.reasons) == (["one", "two"], [])


@pytest.mark.parametrize("form", FORMS)
def test_a_form_without_records_holds_nothing_and_refuses_nothing(form: str) -> None:
    found = found_in(FORMS[form]([]), forms=Forms())

    assert (found.ids, found.reasons) == ([], [])


def test_greetings_are_counted_and_left_out() -> None:
    forms = Forms()

    found = found_in(f"{GREETING}\n{GREETING}\n".encode() + text_of(*RECORDS), forms=forms)

    assert (found.ids, found.reasons, forms.greetings) == (["one", "two"], [], 2)


def test_a_record_in_a_form_has_the_place_of_what_it_lay_in() -> None:
    event = {"events": [{"message": json.dumps(a_record("bad", timestamp=None))}]}
    text = line_of(a_record("one")) + b"\n" + line_of(event)

    found = found_in(text, forms=Forms())

    assert [(reject.reason, reject.line) for reject in found.rejects] == [("bad_time", 2)]


def test_a_form_within_a_form_is_read_and_no_deeper_than_three() -> None:
    value: object = a_record("one")
    for depth in range(5):
        value = {"events": [{"message": json.dumps(value)}]}
        found = found_in(line_of(value), forms=Forms())
        assert (found.ids == ["one"]) == (depth < 3)


@pytest.mark.parametrize("depth", [50, 900, 100_000])
@pytest.mark.parametrize(
    ("opening", "closing"), [("[", "]"), ('{"events":[', "]}")], ids=["lists", "events"]
)
def test_what_nests_deeply_is_refused_and_its_neighbours_are_not(
    depth: int, opening: str, closing: str
) -> None:
    deep = opening * depth + closing * depth

    found = found_in(text_of(a_record("one"), deep.encode()), forms=Forms())

    assert (found.ids, len(found.reasons)) == (["one"], 1)


def test_rows_of_insights_results_without_a_message_are_refused_one_by_one() -> None:
    rows = [[{"field": "modelId", "value": name}, {"field": "n", "value": "7"}] for name in "ab"]

    found = found_in(line_of({"results": rows}), forms=Forms())

    assert found.reasons == ["not_a_record", "not_a_record"]


@pytest.mark.parametrize(
    "value",
    [
        "a text",
        {"awslogs": {"data": "no base64"}},
        {"awslogs": {"data": "H4sIAAAA"}},
        {"awslogs": {"data": "aGVsbG8="}},
        {"message": 7},
        {"message": None, "events": 7},
        {"@message": [1]},
        {"field": "@message"},
        {"results": {"a": 1}},
        {"logEvents": "x"},
        {"schemaType": "SomethingElse", "message": "{}"},
    ],
    ids=json.dumps,
)
def test_what_only_looks_like_a_form_is_refused(value: object) -> None:
    found = found_in(line_of(value), forms=Forms())

    assert found.reasons == ["not_a_record"]


def test_events_of_something_else_are_refused_one_by_one() -> None:
    value = {"events": [{"message": "START"}, {"a": 1}, {"message": json.dumps(a_record("one"))}]}

    found = found_in(line_of(value), forms=Forms())

    assert (found.ids, sorted(found.reasons)) == (["one"], ["not_a_record", "not_json"])
