"""One record as evidence: times, ids, callers, and every form the fields have been seen in."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from bedrock_meter.domain.records.evidence import PRESENT, Evidence, bounded
from bedrock_meter.logs.evidence import EvidenceRow, LoggedUse, evidence_row
from bedrock_meter.logs.records import strict
from bedrock_meter.logs.shapes import shape_of
from tests.builders import ACCOUNT, HAIKU, a_record
from tests.log_builders import evidence_of_one, reject_of_one

STAMP = datetime(2026, 11, 21, 9, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timestamp", "at"),
    [
        ("2026-11-21T09:05:00Z", "2026-11-21T09:05:00Z"),
        ("2026-11-21T09:05:00.250Z", "2026-11-21T09:05:00.250000Z"),
        ("2026-11-21T10:05:00+01:00", "2026-11-21T09:05:00Z"),
        ("2026-11-20T23:05:00-10:00", "2026-11-21T09:05:00Z"),
        ("2026-11-21 09:05:00Z", "2026-11-21T09:05:00Z"),
    ],
)
def test_times_are_normalised_to_utc(timestamp: str, at: str) -> None:
    assert evidence_of_one(a_record(timestamp=timestamp)).at == at


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-11-21T09:05:00", "yesterday", "", "2026-13-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
        "2026-11-21T09:05:60Z", None, 1795252500, "2026-11-21 09:05:00.123",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",  # no hour before, or after
    ],
)  # fmt: skip
def test_a_time_without_zone_or_sense_is_refused(timestamp: Any) -> None:
    assert reject_of_one(a_record(timestamp=timestamp)).reason == "bad_time"


@pytest.mark.parametrize("time", ["2026-11-21T10:10:00Z", "2026-10-22T09:10:00Z"])
def test_a_time_just_within_reach_of_the_log_objects_stamp_counts(time: str) -> None:
    assert evidence_of_one(a_record(timestamp=time), stamp=STAMP).at == time


@pytest.mark.parametrize("time", ["2026-11-21T10:10:01Z", "2026-10-22T09:09:59Z"])
def test_a_time_out_of_reach_of_the_log_objects_stamp_is_the_fault_of_a_clock(time: str) -> None:
    assert reject_of_one(a_record(timestamp=time), stamp=STAMP).reason == "clock"


def test_account_and_region_of_the_key_stand_in_for_absent_ones() -> None:
    record = a_record(accountId=None, region=None)

    evidence = evidence_of_one(record, account="999988887777", region="eu-west-1")

    assert (evidence.account, evidence.region) == ("999988887777", "eu-west-1")


@pytest.mark.parametrize("account", ["********", "12345678901234", 111122223333, ["x"]])
def test_a_masked_or_odd_account_does_not_cost_the_record(account: Any) -> None:
    assert evidence_of_one(a_record(accountId=account)).counts == PRESENT


def test_without_any_region_a_record_has_no_price() -> None:
    reject = reject_of_one(a_record(region=None), region="")

    assert (reject.reason, reject.fields["message"]) == ("bad_field", "region is missing")


@pytest.mark.parametrize("model", [None, "", 7, {}])
def test_without_a_model_id_a_record_is_refused(model: Any) -> None:
    assert reject_of_one(a_record(modelId=model)).reason == "bad_field"


@pytest.mark.parametrize(
    ("identity", "principal"),
    [({"arn": "arn:aws:iam::1:user/a"}, "arn:aws:iam::1:user/a"), ({}, ""), (None, ""), ([], "")],
)
def test_an_identity_may_be_empty_absent_or_a_list(identity: Any, principal: str) -> None:
    assert evidence_of_one(a_record(identity=identity)).principal == principal


@pytest.mark.parametrize(
    ("metadata", "kept"),
    [
        ({"tenantId": "a", "Any": "b"}, {"tenantId": "a", "Any": "b"}),
        ({"tenantId": 7, "other": "b", "null": None}, {"other": "b"}),
        ({}, None),
        (None, None),
        (["tenantId"], None),
        ("tenantId", None),
    ],
)
def test_metadata_that_is_no_text_names_nobody_and_costs_nothing(metadata: Any, kept: Any) -> None:
    evidence = evidence_of_one(a_record(requestMetadata=metadata))

    assert evidence.metadata == kept
    assert evidence.counts == PRESENT


LONG = "x" * 257


@pytest.mark.parametrize(
    ("logged", "kept"),
    [
        ({"z": "1", "a": "", "": "é" * 256}, {"z": "1", "a": "", "": "é" * 256}),
        ({"tenantId": LONG, "app": "chat"}, {"app": "chat"}),
        ({LONG: "acme", "app": "chat"}, {"app": "chat"}),
        ({LONG: LONG}, None),
        ({str(n): "x" for n in range(17)}, {str(n): "x" for n in range(16)}),
        ({f"{LONG}{n}": "x" for n in range(16)} | {"tenantId": "acme"}, None),
    ],
    ids=["all", "long value", "long key", "nothing left", "seventeenth", "after sixteen"],
)
def test_metadata_are_kept_as_logged_within_the_bounds_of_bedrock(logged: Any, kept: Any) -> None:
    evidence = evidence_of_one(a_record(requestMetadata=logged))

    assert evidence.metadata == kept
    assert list(evidence.metadata or ()) == list(kept or ())


texts = st.text(max_size=3) | st.sampled_from(["x" * 255, "x" * 256, LONG])


@given(st.none() | st.dictionaries(texts, texts, max_size=20))
def test_bounds_bind_and_binding_twice_changes_nothing(metadata: Any) -> None:
    kept = bounded(metadata)

    assert bounded(kept) == kept
    assert kept is None or 1 <= len(kept) <= 16
    assert all(len(text) <= 256 for entry in (kept or {}).items() for text in entry)


@pytest.mark.parametrize("operation", ["Converse", "SomethingNew", None])
def test_operations_are_an_open_set(operation: str | None) -> None:
    evidence = evidence_of_one(a_record(operation=operation))

    assert evidence.operation == (operation or "")
    assert evidence.usage == {"input_tokens": 1000, "output_tokens": 100}


@pytest.mark.parametrize(
    "output",
    [
        {"outputTokenCount": 100, "outputBodyS3Path": "s3://logs/data/x_output.json.gz"},
        {"outputTokenCount": 100, "outputBodyJson": None},
        {"outputTokenCount": 100, "outputBodyJson": [{"a": 1}, "[DONE]"]},
        {"outputTokenCount": 100, "outputBodyJson": {"output": {}}},
        {"outputTokenCount": 100},
    ],
    ids=["offloaded", "null", "list", "object", "absent"],
)
def test_counts_are_there_in_every_state_of_a_body(output: dict[str, Any]) -> None:
    assert evidence_of_one(a_record(output=output)).usage["output_tokens"] == 100


def test_a_record_without_request_id_is_a_call_all_the_same() -> None:
    assert evidence_of_one(a_record(requestId=None)).request_id == ""


def test_nothing_of_a_prompt_is_in_the_evidence() -> None:
    record = a_record(
        input={"inputTokenCount": 1, "inputBodyJson": {"messages": "CANARY", "model": "CANARY"}},
        output={"outputTokenCount": 1, "outputBodyJson": {"output": "CANARY", "model": "CANARY"}},
    )

    assert "CANARY" not in repr(evidence_of_one(record))


def test_every_column_of_a_row_holds_what_its_name_says() -> None:
    record = strict.decode(
        msgspec.json.encode(a_record("r-7", errorCode="E", requestMetadata={"m": "n"}))
    )
    use = LoggedUse({"k": 1}, "counts", ["assumed"], "tier", latency_ms=8, first_byte_ms=9)
    shape = shape_of(HAIKU, "Converse")

    row = evidence_row(record, 5, "at", "account", "region", shape, use)

    assert astuple(row) == Evidence(
        line=5,
        request_id="r-7",
        at="at",
        account="account",
        region="region",
        operation="Converse",
        model_id=HAIKU,
        principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/app/session",
        metadata={"m": "n"},
        usage={"k": 1},
        counts="counts",
        error_code="E",
        tier="tier",
        body_model=None,
        latency_ms=8,
        first_byte_ms=9,
        assumptions=["assumed"],
    )
    assert EvidenceRow.__struct_fields__ == Evidence._fields
