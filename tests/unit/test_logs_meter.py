"""The quick pass finds exactly what the plain reading finds, whatever the records look like."""

import gzip
import hashlib
import io
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.charge import PARTIAL_UNPRICED, UNPRICED, UNRESOLVED_MODEL
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.hours import Hour, hour_of, parse_time, slot_of
from bedrock_meter.domain.log_object import LogObject
from bedrock_meter.domain.merge import edge_of
from bedrock_meter.domain.partial import PartialRow, row_sum
from bedrock_meter.domain.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.profile import ProfileFact
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.logs import meter as meter_module
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.reading import reading_of
from bedrock_meter.logs.spool import BrokenCharges, EvidenceSpool, empty_charges, evidence_in
from tests.builders import a_log_object, a_record, an_evidence, at
from tests.log_builders import (
    Metered,
    a_valuation,
    found_in,
    line_of,
    metered,
    numbered,
    text_of,
    zipped,
)

PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl"
UNPRICED_STATUSES = {PARTIAL_UNPRICED, UNPRICED, UNRESOLVED_MODEL}

# By role, and by spellings and contracts of a tenant: everything that bears on tenant and price.
POLICY = Policy.from_document(
    {
        "version": "1",
        "tenants": {
            "acme": {"recognised_by": {"roles": ["acme-*"], "names": ["ACME"]}},
            "bolt": {"contract": {"id": "c1", "kind": "percent", "off": "12.5"}},
        },
    }
)
FACT = ProfileFact(
    PROFILE,
    ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0",),
    None,
    {"tenant": "tagged"},
    at("00:00"),
    found=True,
)

counts = st.one_of(st.none(), st.sampled_from([0, 1, 999, 150_000, 300_000]), st.just(-1))
usages = st.fixed_dictionaries(
    {},
    optional={
        "cache_read_input_tokens": st.integers(0, 9),
        "cache_creation_input_tokens": st.integers(0, 9),
        "cacheReadInputTokens": st.integers(-1, 9),
        "cacheWriteInputTokens": st.integers(0, 9),
        "cache_creation": st.fixed_dictionaries(
            {
                "ephemeral_5m_input_tokens": st.integers(0, 9),
                "ephemeral_1h_input_tokens": st.integers(0, 9),
            }
        ),
        "cacheDetails": st.just([{"ttl": "1h", "inputTokens": 1}]),
        "input_tokens": st.integers(0, 2000),
        "input_tokens_details": st.just({"cached_tokens": 5}),
    },
)
guarded = {"guardrail": {"inputAssessment": {"g": {"invocationMetrics": {"usage": {
    "contentPolicyUnits": 3}}}}}}  # fmt: skip
objects = st.fixed_dictionaries(
    {},
    optional={
        "usage": usages,
        "metrics": st.sampled_from([{"latencyMs": 12}, {"latencyMs": -1}, {}]),
        "stopReason": st.sampled_from(["end_turn", "guardrail_intervened"]),
        "serviceTier": st.sampled_from([{"type": "flex"}, {"type": "default"}]),
        "performanceConfig": st.just({"latency": "optimized"}),
        "trace": st.just(guarded),
        "model": st.just("claude-haiku-4-5"),
        "images": st.just(["b64"]),
    },
)
events = st.lists(
    st.one_of(
        st.just("[DONE]"),
        st.fixed_dictionaries({"message": st.fixed_dictionaries({"usage": usages})}),
        st.fixed_dictionaries({"usage": usages}),
        st.just({"amazon-bedrock-invocationMetrics": {"invocationLatency": 9, "firstByteLatency": 3}}),
        st.just({"amazon-bedrock-invocationMetrics": {"cacheReadInputTokenCount": 4}}),
        st.just({"amazon-bedrock-trace": guarded}),
    ),
    max_size=4,
)
records = st.builds(
    a_record,
    request_id=st.sampled_from(["r-1", "r-2"]),
    timestamp=st.sampled_from(
        [
            "2026-11-21T09:05:00Z", "2026-11-21T09:05:01Z", "2026-11-21T09:14:59Z",
            "2026-11-21T08:44:59Z", "2026-11-21T08:45:00Z", "2026-11-21T10:05:00+01:00",
            "2026-11-21T09:05:00.5Z", "2026-11-21T10:59:59Z", "2026-11-21T11:00:00Z", "nonsense",
        ]
    ),
    modelId=st.sampled_from(
        [
            "global.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic.claude-haiku-5-5",
            "global.anthropic.claude-haiku-5-5", "us.openai.gpt-5.6-sol", "amazon.nova-lite-v1:0",
            "amazon.nova-canvas-v1:0", "nobody.knows-v1", PROFILE, "abcdefghijkl", "",
            "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdefghijkl",
        ]
    ),
    region=st.sampled_from(["us-east-1", "eu-west-1", None]),
    operation=st.sampled_from(["Converse", "InvokeModel", "Responses", None]),
    identity=st.sampled_from([None, {}, {"arn": "arn:aws:sts::1:assumed-role/acme-app/s"}]),
    requestMetadata=st.sampled_from(
        [
            None, {}, {"tenantId": "bolt"}, {"TENANTID": "ACME"}, {"tenant": " "}, {"other": "x"},
            {"tenantId": "acme", "tenant": "bolt"}, {"user": "u", "tenant_id": "zeta", "odd": "y"},
        ]
    ),
    errorCode=st.sampled_from([None, None, None, "ThrottlingException"]),
    performanceConfig=st.sampled_from([None, None, {"latency": "optimized"}]),
    input=st.one_of(
        st.none(),
        st.fixed_dictionaries(
            {},
            optional={
                "inputTokenCount": counts,
                "cacheReadInputTokenCount": counts,
                "cacheWriteInputTokenCount": counts,
            },
        ),
    ),
    output=st.one_of(
        st.none(),
        st.fixed_dictionaries(
            {},
            optional={
                "outputTokenCount": counts,
                "outputBodyJson": st.one_of(st.none(), objects, events, st.just("text")),
            },
        ),
    ),
)  # fmt: skip


def facts(arn: str, _at: object) -> ProfileFact | None:
    return FACT if arn == PROFILE else None


def evidence_of(reading: Metered) -> list[Evidence]:
    """All evidence of the charges files, by line."""
    found = [one for file in reading.files.values() for one in evidence_in(io.BytesIO(file))]
    return sorted(found, key=lambda one: one.line)


def rows_by_slot(evidence: list[Evidence], valuation: Valuation) -> dict[str, list[PartialRow]]:
    """The live rows as they follow from valuing every call by itself."""
    rows: dict[str, list[PartialRow]] = {}
    for one in evidence:
        attribution, charge = valuation.of(one)
        row = PartialRow(
            attribution.tenant,
            one.model_id,
            1,
            int(one.error_code is not None),
            one.usage,
            charge.priced,
            int(charge.status in UNPRICED_STATUSES),
            dict(charge.unpriced),
        )
        rows.setdefault(slot_of(parse_time(one.at)), []).append(row)
    return {slot: list(row_sum(of_slot)) for slot, of_slot in rows.items()}


@pytest.mark.slow
@given(st.lists(records, min_size=1, max_size=8))
def test_both_readings_agree_on_evidence_rejects_and_live_totals(
    lines: list[dict[str, Any]],
) -> None:
    data = zipped(text_of(*lines))
    valuation = Valuation(POLICY, a_valuation().book, facts)
    log_object = a_log_object()
    source = Source(
        log_object.object_id, log_object.stamp, log_object.account, log_object.region
    )

    reading = metered(data, valuation)
    plain = found_in(data, source=source)
    kept = [one._replace(metadata=POLICY.kept(one.metadata)) for one in plain.evidence]

    assert evidence_of(reading) == kept
    assert reading.rejects == plain.rejects
    assert reading.records == len(kept)
    assert {partial.slot: list(partial.rows) for partial in reading.partials} == rows_by_slot(
        kept, valuation
    )


def test_evidence_goes_to_the_file_of_its_own_hour() -> None:
    times = {"08": "2026-11-21T08:59:59Z", "09": "2026-11-21T09:00:00Z"}
    data = zipped(text_of(*(a_record(hour, timestamp=time) for hour, time in times.items())))

    files = metered(data, a_valuation()).files

    assert {hour: [one.request_id for one in evidence_in(io.BytesIO(file))]
            for hour, file in files.items()} == {
        "2026-11-21T08": ["08"], "2026-11-21T09": ["09"],
    }  # fmt: skip


@given(st.lists(st.integers(0, 7200), min_size=1, max_size=5))
def test_records_near_an_hours_edge_name_the_neighbouring_hour(seconds: list[int]) -> None:
    times = [f"2026-11-21T{8 + s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}Z" for s in seconds]
    reading = metered(zipped(text_of(*(a_record(timestamp=time) for time in times))), a_valuation())

    near = set()
    for time in times:
        hour = hour_of(parse_time(time))
        early, late = edge_of(hour)
        number = int(hour[-2:])
        near |= {number - 1} if time < early else set()
        near |= {number + 1} if time >= late else set()
    assert reading.edges == {f"2026-11-21T{number:02}" for number in near}


def test_the_digest_is_that_of_the_bytes_as_delivered() -> None:
    data = zipped(text_of(a_record())) + b"\0" * 100_000

    assert metered(data, a_valuation()).digest == hashlib.sha256(data).hexdigest()


def test_the_digest_covers_what_a_refused_object_holds_to_its_end() -> None:
    data = b"\x00not a log" + b"x" * 200_000

    reading = metered(data, a_valuation())

    assert reading.digest == hashlib.sha256(data).hexdigest()
    assert [reject.reason for reject in reading.rejects] == ["not_gzip"]


def hourly(count: int) -> list[dict[str, Any]]:
    """A record in each of so many hours before the log object's own stamp."""
    return [
        a_record(f"r-{n}", timestamp=f"2026-11-{21 - (n + 15) // 24:02}T{(8 - n) % 24:02}:30:00Z")
        for n in range(count)
    ]


def test_an_object_may_touch_72_hours() -> None:
    reading = metered(zipped(text_of(*hourly(72))), a_valuation())

    assert (reading.records, len(reading.files)) == (72, 72)


def test_an_object_that_touches_more_is_set_aside_whole() -> None:
    reading = metered(zipped(text_of(*hourly(73))), a_valuation())

    assert (reading.records, reading.files, reading.partials, reading.edges) == (0, {}, [], set())
    (reject,) = reading.rejects
    assert (reject.reason, reject.line, reject.sha256) == ("too_many_hours", 0, reading.digest)


def test_of_very_many_rejects_the_number_beyond_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_module, "MOST_REJECTS", 3)

    reading = metered(zipped(b"bad\n" * 10 + text_of(a_record())), a_valuation())

    assert reading.records == 1
    assert Counter(reject.reason for reject in reading.rejects) == {"not_json": 3, "more_rejects": 1}
    assert reading.rejects[-1].fields == {"rejects": 7}


def test_equal_objects_make_equal_charges_files() -> None:
    data = zipped(text_of(*numbered(3000)))

    assert metered(data, a_valuation()).files == metered(data, a_valuation()).files


def test_a_charges_file_is_plain_gzip_of_many_members() -> None:
    (file,) = metered(zipped(text_of(*numbered(3000))), a_valuation()).files.values()

    lines = gzip.decompress(file).splitlines()
    assert len(lines) == 3001
    assert lines[0].startswith(b'{"shape":1,"columns":["line","request_id",')


def test_callers_remembered_from_one_object_serve_the_next() -> None:
    valuation = Valuation(POLICY, a_valuation().book)
    callers = Callers(POLICY)
    for name in ("bolt", "zeta", "bolt"):
        body = io.BytesIO(zipped(text_of(a_record(requestMetadata={"tenantId": name}))))
        with reading_of(body, a_log_object(), valuation, callers) as reading:
            (partial,) = reading.partials()
            assert [row.tenant for row in partial.rows] == [name]


def test_memories_that_hostile_input_fills_are_emptied() -> None:
    callers = Callers(DEFAULT_POLICY)
    lines = [a_record(f"r-{n}", requestMetadata={f"key-{n}": "x", "tenantId": f"t-{n}"})
             for n in range(500)]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bedrock_meter.logs.callers.MOST_REMEMBERED", 100)
        body = io.BytesIO(zipped(text_of(*lines)))
        with reading_of(body, a_log_object(), a_valuation(), callers) as reading:
            rows = [row for partial in reading.partials() for row in partial.rows]

    assert {row.tenant for row in rows} == {f"t-{n}" for n in range(500)}
    assert len(callers.plans) <= 100
    assert len(callers.tenants) <= 100


class TestSpool:
    """Charges files can be read again, or say why not."""

    def test_what_was_written_is_read(self) -> None:
        evidence = [an_evidence(f"r-{n}", metadata={"tenantId": 'a"\n#é'}) for n in range(2000)]
        spool = EvidenceSpool()
        spool.add(Hour("2026-11-21T09"), evidence)

        (file,) = spool.files().values()

        assert list(evidence_in(file)) == evidence
        spool.close()

    def test_a_file_may_be_empty(self) -> None:
        assert list(evidence_in(io.BytesIO(empty_charges()))) == []

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            empty_charges()[:-5],
            zipped(b'{"shape":2,"columns":[]}\n'),
            zipped(b"[]\n"),
            empty_charges() + zipped(b"[1,2]\n"),
        ],
        ids=["nothing", "truncated", "newer", "no header", "no evidence"],
    )
    def test_a_file_that_is_none_says_so(self, body: bytes) -> None:
        with pytest.raises(BrokenCharges):
            list(evidence_in(io.BytesIO(body)))


def test_a_stamp_that_is_unknown_lets_every_time_through() -> None:
    log_object: LogObject = replace_stamp(a_log_object())
    body = io.BytesIO(zipped(line_of(a_record(timestamp="2020-01-01T00:00:00Z"))))
    with reading_of(body, log_object, a_valuation(), Callers(DEFAULT_POLICY)) as reading:
        assert reading.records == 1


def replace_stamp(log_object: LogObject) -> LogObject:
    return log_object._replace(stamp=None)
