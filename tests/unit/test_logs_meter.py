"""The quick pass finds exactly what the plain reading finds, whatever the records look like."""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.pricing.charge import PARTIAL_UNPRICED, UNPRICED, UNRESOLVED_MODEL
from bedrock_meter.domain.records.evidence import Evidence, bounded
from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.time.hours import parse_time, part_of, slot_of
from bedrock_meter.domain.totals.partial import PartialRow
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs import meter as meter_module
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.decode import batches
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.meter import LogMeter
from bedrock_meter.logs.reading import reading_of
from bedrock_meter.logs.spool import evidence_in
from tests.builders import a_log_object, a_record, at, row_sum
from tests.log_builders import (
    Metered,
    a_valuation,
    found_in,
    line_of,
    metered,
    text_of,
    zipped,
)
from tests.price_builders import MODEL, a_book, a_row

PROFILE = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl"
ROUTER = "arn:aws:bedrock:us-east-1:111122223333:default-prompt-router/anthropic.claude:1"
ROLE = "arn:aws:sts::111122223333:assumed-role/"
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

counts = st.sampled_from([0, 1, 2, 999, 150_000, 300_000])
usages = st.fixed_dictionaries(
    {},
    optional={
        "cache_read_input_tokens": st.integers(0, 2),
        "cache_creation_input_tokens": st.integers(0, 2),
        "cacheReadInputTokens": st.integers(0, 2),
        "cacheWriteInputTokens": st.integers(0, 2),
        "cache_creation": st.sampled_from(
            [
                {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 1},
                {"ephemeral_5m_input_tokens": 150_000, "ephemeral_1h_input_tokens": 150_000},
                {"ephemeral_5m_input_tokens": 2},
                {},
            ]
        ),
        "cacheDetails": st.just([{"ttl": "1h", "inputTokens": 1}]),
        "service_tier": st.sampled_from(["standard", "priority", "auto", ""]),
    },
)
UNITS = {"invocationMetrics": {"usage": {"contentPolicyUnits": 3}}}
GUARDED = {"guardrail": {"inputAssessment": {"g": UNITS}}}
SEARCH = {"name": "nova_grounding", "type": "server_tool_use"}
ONE_HOUR = {"usage": {"cacheDetails": [{"ttl": "1h", "inputTokens": 1}]}}
METRICS = "amazon-bedrock-invocationMetrics"
# Ordinary bodies three times as often as odd ones.
bodies = st.one_of(
    st.fixed_dictionaries({"usage": usages, "metrics": st.just({"latencyMs": 12})}),
    st.fixed_dictionaries({"usage": usages, "model": st.just("claude-haiku-4-5")}),
    st.tuples(
        st.fixed_dictionaries({"message": st.fixed_dictionaries({"usage": usages})}),
        st.just("[DONE]"),
        st.just({METRICS: {"invocationLatency": 9, "firstByteLatency": 3}}),
    ),
    st.one_of(
        st.none(),
        st.sampled_from(["text", json.dumps({"trace": GUARDED}), json.dumps([ONE_HOUR])]),
        st.lists(
            st.one_of(
                st.fixed_dictionaries({"usage": usages}),
                st.just({METRICS: {"cacheReadInputTokenCount": 4}}),
                st.just({"amazon-bedrock-trace": GUARDED}),
                st.just({"message": {"usage": {}}, METRICS: {"invocationLatency": 1}}),
                st.sampled_from([{"service_tier": "flex"}, {"response": {"service_tier": "flex"}}]),
            ),
            max_size=3,
        ),
        st.fixed_dictionaries(
            {},
            optional={
                "usage": st.just(
                    {
                        "input_tokens": 999,
                        "input_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 3},
                    }
                ),
                "service_tier": st.sampled_from(["standard", "default", "flex"]),
                "output": st.just({"message": {"content": [{"toolUse": SEARCH}]}}),
                "metrics": st.just({"latencyMs": -1}),
                "stopReason": st.just("guardrail_intervened"),
                "serviceTier": st.sampled_from([{"type": "flex"}, {"type": "default"}]),
                "performanceConfig": st.just({"latency": "optimized"}),
                "trace": st.just(GUARDED),
                "images": st.just(["b64"]),
            },
        ),
    ),
)
TIMES = [
    "2026-11-21T09:05:01Z", "2026-11-21T09:14:59Z", "2026-11-21T08:44:59Z", "2026-11-21T08:45:00Z",
    "2026-11-21T10:05:00+01:00", "2026-11-21T09:05:00.5Z", "2026-11-21T10:59:59Z",
    "2026-11-21T11:00:00Z", "nonsense",
]  # fmt: skip
MODELS = [
    "anthropic.claude-haiku-5-5", "global.anthropic.claude-haiku-5-5", "us.openai.gpt-5.6-sol",
    "amazon.nova-lite-v1:0", "amazon.nova-canvas-v1:0", "nobody.knows-v1", PROFILE, "abcdefghijkl",
    "", "arn:aws:bedrock:us-east-1:111122223333:provisioned-model/abcdefghijkl", ROUTER,
    "us.xai.grok-4.6", "us.amazon.nova-2-lite-v1:0", "amazon.titan-embed-image-v1",
    "cohere.embed-v4:0",
]  # fmt: skip
REQUESTS = [
    {"inputTokenCount": 1, "inputBodyJson": {"system": [{"cachePoint": {"ttl": "1h"}}]}},
    {"inputTokenCount": 9, "cacheWriteInputTokenCount": 2,
     "inputBodyJson": json.dumps({"system": [{"cachePoint": {"ttl": "1h"}}]})},
    {"inputTokenCount": 300_000, "cacheReadInputTokenCount": 150_000},
    {"inputTokenCount": 1, "inputBodyS3Path": "s3://logs/x"},
    {"inputTokenCount": 1,
     "inputBodyJson": {"toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]}}},
]  # fmt: skip
METADATA = [
    None, {}, {"tenantId": "bolt"}, {"TENANTID": "ACME"}, {"tenant": " "}, {"other": "x"},
    {"tenantId": "acme", "tenant": "bolt"}, {"user": "u", "tenant_id": "zeta", "odd": "y"},
    {"tenantId": "x" * 257, "tenant": "bolt"}, {"x" * 257: "y", "tenant": "bolt"},
    {str(n): "" for n in range(15)} | {"tenant": "bolt", "tenantId": "seventeenth"},
    {"x" * 257 + str(n): "y" for n in range(16)} | {"tenantId": "seventeenth"},
]  # fmt: skip
oddities = st.one_of(
    st.tuples(st.just("timestamp"), st.sampled_from(TIMES)),
    st.tuples(st.just("modelId"), st.sampled_from(MODELS)),
    st.tuples(st.just("region"), st.sampled_from(["eu-west-1", None])),
    st.tuples(st.just("operation"), st.sampled_from(["InvokeModel", "Responses", None])),
    st.tuples(
        st.just("identity"),
        st.sampled_from([None, {}, {"arn": "arn:aws:sts::1:assumed-role/acme-app/s"}]),
    ),
    st.tuples(st.just("requestMetadata"), st.sampled_from(METADATA)),
    st.tuples(st.just("errorCode"), st.just("ThrottlingException")),
    st.tuples(st.just("performanceConfig"), st.just({"latency": "optimized"})),
    st.tuples(st.just("input"), st.sampled_from([None, {}, {"inputTokenCount": -1}, *REQUESTS])),
    st.tuples(st.just("output"), st.sampled_from([None, {}, {"outputTokenCount": 1.5}])),
)


@st.composite
def records(draw: st.DrawFn) -> dict[str, Any]:
    """A record as they come, with at most two things about it out of the way."""
    given_counts = {
        "inputTokenCount": draw(counts),
        "cacheReadInputTokenCount": draw(st.one_of(counts, st.none())),
        "cacheWriteInputTokenCount": draw(st.one_of(st.just(0), counts, st.none())),
    }
    answer = {"outputTokenCount": draw(counts), "outputBodyJson": draw(bodies)}
    record = a_record(
        draw(st.sampled_from(["r-1", "r-2"])),
        input={name: count for name, count in given_counts.items() if count is not None},
        output=answer,
    )
    return record | dict(draw(st.lists(oddities, max_size=2)))


def facts(arn: str, _at: object) -> ProfileFact | None:
    return FACT if arn == PROFILE else None


def evidence_of(reading: Metered) -> list[Evidence]:
    """All evidence of the evidence files, by line."""
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
            dict(charge.usage),
            charge.priced,
            int(charge.status in UNPRICED_STATUSES),
            dict(charge.unpriced),
        )
        rows.setdefault(slot_of(parse_time(one.at)), []).append(row)
    return {slot: list(row_sum(of_slot)) for slot, of_slot in rows.items()}


def assert_both_agree(lines: list[dict[str, Any]], policy: Policy = POLICY) -> list[Evidence]:
    """Read the lines both ways; evidence, rejects and every number of the live rows are equal."""
    data = zipped(text_of(*lines))
    valuation = Valuation(policy, a_valuation().book, facts)
    log_object = a_log_object()
    source = Source(log_object.object_id, log_object.stamp, log_object.account, log_object.region)

    reading = metered(data, valuation)
    plain = found_in(data, source=source)

    assert evidence_of(reading) == plain.evidence
    assert reading.rejects == plain.rejects
    assert reading.records == len(plain.evidence)
    rows = {partial.slot: list(row_sum(partial.rows)) for partial in reading.partials}
    assert rows == rows_by_slot(plain.evidence, valuation)
    return plain.evidence


@pytest.mark.slow
@given(st.lists(records(), min_size=1, max_size=8))
def test_both_readings_agree_on_evidence_rejects_and_live_totals(
    lines: list[dict[str, Any]],
) -> None:
    assert_both_agree(lines)


def a_call(model: str, given_counts: tuple[int, ...], body: Any = None) -> dict[str, Any]:
    """A call with counts (input, cache read, cache write) and a body."""
    names = ("inputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")
    return a_record(
        modelId=model,
        input=dict(zip(names, given_counts, strict=True)),
        output={"outputTokenCount": 7, "outputBodyJson": body},
    )


DISAGREEMENTS = ("first_source_wins", "aws_witnessed_wins")
SOURCES = (
    ["request_metadata", "profile_tags", "principal"],
    ["principal", "request_metadata"],
    ["profile_tags", "request_metadata", "principal"],
)
STATING: tuple[dict[str, Any], ...] = (
    {},
    {"unlisted": "unattributed"},
    {"may_state": {"roles": ["backend"]}},
)


@pytest.mark.parametrize("stating", STATING, ids=("anybody", "listed", "backend"))
@pytest.mark.parametrize("sources", SOURCES, ids=lambda sources: sources[0])
@pytest.mark.parametrize("wins", DISAGREEMENTS)
def test_both_readings_agree_on_tenants_whatever_source_decides(
    wins: str, sources: list[str], stating: dict[str, Any]
) -> None:
    """A caller is only passed over where no caller could change whose the call is."""
    policy = Policy.from_document(
        {
            "version": "1",
            "attribution": {"when_sources_disagree": wins, "sources": sources, **stating},
            "tenants": {
                "acme": {"recognised_by": {"roles": ["acme-*"], "names": ["ACME"]}},
                "bolt": {"witness_only": True, "recognised_by": {"roles": ["bolt-*"]}},
            },
        }
    )
    lines = [
        a_record(f"r-{model[:3]}-{role}-{name}", modelId=model, requestMetadata=metadata,
                 identity={"arn": f"{ROLE}{role}/s"})
        for name, metadata in enumerate([None, {"team": "x"}, *({"tenantId": tenant}
                                         for tenant in ("acme", "ACME", "bolt", "zeta", " ", ""))])
        for model in (PROFILE, MODEL)
        for role in ("acme-app", "bolt-app", "backend", "other")
    ]  # fmt: skip

    assert len(assert_both_agree(lines, policy)) == len(lines)
    assert len(assert_both_agree(lines[::-1], policy)) == len(lines)


@pytest.mark.parametrize("metadata", METADATA, ids=lambda metadata: repr(metadata)[:30])
def test_both_readings_agree_on_metadata_of_any_form(metadata: Any) -> None:
    (evidence,) = assert_both_agree([a_record(requestMetadata=metadata)])

    assert evidence.metadata == bounded(metadata)


FIVE_MINUTES = {"usage": {"cacheDetails": [{"ttl": "5m", "inputTokens": 1}]}}
BANDED = "global.anthropic.claude-haiku-5-5"
ROUTED = {"trace": {"promptRouter": {"invokedModelId": "us.anthropic.claude-sonnet-4-6"}}}
SEARCHED = {"output": {"message": {"content": [{"toolUse": SEARCH}]}}}


@pytest.mark.parametrize(
    "call",
    [
        a_call(BANDED, (100_000, 0, 0)),
        a_call(BANDED, (100_001, 0, 0)),
        a_call(BANDED, (99_999, 1, 0)),
        a_call(BANDED, (99_999, 2, 0)),
        a_call(BANDED, (99_998, 1, 1), ONE_HOUR),
        a_call(BANDED, (99_999, 1, 1), ONE_HOUR),
        a_call(BANDED, (99_999, 1, 1), FIVE_MINUTES),
        a_call(BANDED, (99_999, 1, 1)),
        a_call("us.amazon.nova-lite-v1:0", (1, 0, 1), ONE_HOUR),
        a_call("us.amazon.nova-lite-v1:0", (1, 0, 1), FIVE_MINUTES),
        a_call("amazon.titan-embed-text-v2:0", (1, 0, 0)),
        a_call("meta.llama3-3-70b-instruct-v1:0", (1, 1, 0)),
        a_call(BANDED, (1, 0, 0), {"trace": GUARDED}),
        a_call(BANDED, (1, 0, 0), {"amazon-bedrock-trace": GUARDED}),
        a_call(BANDED, (1, 0, 0), [{"amazon-bedrock-trace": GUARDED}]),
        a_call(BANDED, (1, 0, 0), {"serviceTier": {"type": "flex"}}),
        a_call(BANDED, (1, 0, 1), [{"usage": ONE_HOUR["usage"]}, {"message": FIVE_MINUTES}]),
        a_call(BANDED, (1, 0, 0), {"usage": {"service_tier": "standard"}}),
        a_call(BANDED, (1, 0, 0), [{"message": {"usage": {"service_tier": "standard"}}}]),
        a_call("us.openai.gpt-5.6-sol", (150_002, 150_000, 0)),
        a_call("us.xai.grok-4.6", (12_401, 12_399, 0)),
        a_call("us.xai.grok-4.6", (9, 9, 0)),
        a_call("us.xai.grok-4.6", (2, 9, 0)),
        a_call(ROUTER, (9, 0, 0), ROUTED),
        a_call("us.amazon.nova-2-lite-v1:0", (9, 0, 0), SEARCHED),
        a_call("amazon.titan-embed-image-v1", (4, 0, 0)),
        a_call(BANDED, (9, 0, 0), json.dumps({"trace": GUARDED})),
        a_call(BANDED, (9, 0, 0)) | {"errorCode": "ModelStreamErrorException"},
    ],
    ids=lambda call: str((call["modelId"], *call["input"].values())),
)
def test_both_readings_agree_where_it_is_easily_got_wrong(call: dict[str, Any]) -> None:
    (evidence,) = assert_both_agree([call])

    assert evidence.usage


@pytest.mark.parametrize(
    ("time", "part"),
    [
        ("08:59:59", "2026-11-21T08:45"), ("09:00:00", "2026-11-21T09:00"),
        ("09:14:59.9", "2026-11-21T09:00"), ("09:15:00", "2026-11-21T09:15"),
        ("09:44:59", "2026-11-21T09:15"), ("09:45:00", "2026-11-21T09:45"),
    ],
)  # fmt: skip
def test_evidence_goes_to_the_file_of_its_part_of_an_hour(time: str, part: str) -> None:
    files = metered(zipped(text_of(a_record(time=time))), a_valuation()).files

    assert list(files) == [part]


@given(st.lists(st.integers(0, 7200), min_size=1, max_size=9))
def test_every_record_is_in_one_file_in_its_order(seconds: list[int]) -> None:
    times = [f"2026-11-21T{8 + s // 3600:02}:{s // 60 % 60:02}:{s % 60:02}Z" for s in seconds]
    lines = [a_record(str(n), timestamp=time) for n, time in enumerate(times)]

    files = metered(zipped(text_of(*lines)), a_valuation()).files

    right: dict[str, list[str]] = {}
    for n, time in enumerate(times):
        right.setdefault(part_of(parse_time(time)), []).append(str(n))
    assert {part: [one.request_id for one in evidence_in(io.BytesIO(file))]
            for part, file in files.items()} == right  # fmt: skip


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


def test_hours_are_counted_and_not_their_parts() -> None:
    thrice = [record | {"timestamp": record["timestamp"].replace(":30:", f":{minute}:")}
              for record in hourly(72) for minute in ("00", "30", "59")]  # fmt: skip

    reading = metered(zipped(text_of(*thrice)), a_valuation())

    assert (reading.records, len(reading.files)) == (216, 216)


def test_an_object_that_touches_more_is_set_aside_whole() -> None:
    reading = metered(zipped(text_of(*hourly(73))), a_valuation())

    assert (reading.records, reading.files, reading.partials) == (0, {}, [])
    (reject,) = reading.rejects
    assert (reject.reason, reject.line, reject.sha256) == ("too_many_hours", 0, reading.digest)


def test_of_very_many_rejects_the_number_beyond_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter_module, "MOST_REJECTS", 3)

    reading = metered(zipped(b"bad\n" * 10 + text_of(a_record())), a_valuation())

    assert reading.records == 1
    assert Counter(reject.reason for reject in reading.rejects) == {
        "not_json": 3,
        "more_rejects": 1,
    }
    assert reading.rejects[-1].fields == {"rejects": 7}


def test_callers_remembered_from_one_object_serve_the_next() -> None:
    valuation = Valuation(POLICY, a_valuation().book)
    callers = Callers(POLICY)
    for name in ("bolt", "zeta", "bolt"):
        body = io.BytesIO(zipped(text_of(a_record(requestMetadata={"tenantId": name}))))
        with reading_of(body, a_log_object(), valuation, callers) as reading:
            (partial,) = reading.partials()
            assert [row.tenant for row in partial.rows] == [name]


USER = "arn:aws:iam::111122223333:user/"
IDENTITIES = {
    f"{ROLE}acme-app/s1": "acme",
    f"{ROLE}acme-app/s2": "acme",
    f"{ROLE}acme-app": "acme",
    f"{ROLE}other/s1": None,
    f"{ROLE}other": None,
    f"{ROLE}acme-app/s1/s2": "acme",
    f"{USER}alice": None,
    f"{USER}path/bolt-bot": "bolt",
    "": None,
}


@pytest.mark.parametrize("turn", range(len(IDENTITIES)))
@pytest.mark.parametrize("sessions", [[], ["other/nobody"]], ids=["by role", "by session"])
def test_a_role_is_remembered_without_its_sessions_and_never_taken_for_another(
    turn: int, sessions: list[str]
) -> None:
    signs = {"roles": ["acme-*"], "sessions": sessions}
    policy = Policy.from_document(
        {
            "version": "1",
            "tenants": {
                "acme": {"recognised_by": {key: value for key, value in signs.items() if value}},
                "bolt": {"recognised_by": {"principals": [f"{USER}path/bolt-bot"]}},
            },
        }
    )
    arns = [*IDENTITIES][turn:] + [*IDENTITIES][:turn]
    lines = [a_record(f"r-{n}", identity={"arn": arn}, requestMetadata=None,
                      timestamp=f"2026-11-21T09:{5 * n:02}:00Z")
             for n, arn in enumerate(arns)]  # fmt: skip

    reading = metered(zipped(text_of(*lines)), Valuation(policy, a_valuation().book))

    tenants = [row.tenant for partial in reading.partials for row in partial.rows]
    assert tenants == [IDENTITIES[arn] for arn in arns]


def test_an_identity_named_by_its_whole_arn_is_told_from_other_sessions_of_its_role() -> None:
    signs = {"acme": {"roles": ["shared-app"]}, "bolt": {"principals": [f"{ROLE}shared-app/s2"]}}
    policy = Policy.from_document(
        {"version": "1", "tenants": {name: {"recognised_by": by} for name, by in signs.items()}}
    )
    lines = [a_record(f"r-{n}", identity={"arn": f"{ROLE}shared-app/s{n}"}, requestMetadata=None,
                      timestamp=f"2026-11-21T09:{5 * n:02}:00Z")
             for n in (1, 2, 3)]  # fmt: skip

    reading = metered(zipped(text_of(*lines)), Valuation(policy, a_valuation().book))

    tenants = [row.tenant for partial in reading.partials for row in partial.rows]
    assert tenants == ["acme", "bolt", "acme"]


def test_a_tenant_with_a_price_book_of_its_own_is_priced_by_it_in_live_totals_too() -> None:
    dear = a_book(a_row("3"), a_row("15", kind="output_tokens"))
    cheap = a_book(a_row("1"), a_row("5", kind="output_tokens"))
    valuation = Valuation(DEFAULT_POLICY, dear, books={"bolt": cheap})
    lines = [a_record(name, modelId=MODEL, requestMetadata={"tenantId": name})
             for name in ("acme", "bolt")]  # fmt: skip

    (partial,) = metered(zipped(text_of(*lines)), valuation).partials

    costs = {row.tenant: row.cost for row in partial.rows}
    assert costs["acme"] == 3 * costs["bolt"] > 0


class Learning:
    """Profiles that are known once a call that succeeded named them; all are tagged alike."""

    def __init__(self, models: tuple[str, ...] = FACT.model_arns) -> None:
        self.models = models
        self.known: set[str] = set()
        self.together: list[dict[str, bool]] = []

    def learn(self, named: Mapping[str, bool]) -> None:
        if new := {arn: good for arn, good in named.items() if arn not in self.known}:
            self.together.append(new)
        self.known |= {arn for arn, succeeded in named.items() if succeeded}

    def fact_for(self, arn: str, _at: object) -> ProfileFact | None:
        fact = replace(FACT, arn=arn, model_arns=self.models)
        return fact if arn in self.known else None

    def meter(self) -> LogMeter:
        valuation = Valuation(POLICY, a_valuation().book, self.fact_for, learning=self.learn)
        return LogMeter(Source("one"), valuation, Callers(POLICY), None)


def a_profile_call(model_id: str = PROFILE, error_code: str | None = None) -> dict[str, Any]:
    return a_record(modelId=model_id, requestMetadata=None, errorCode=error_code)


def take(meter: LogMeter, *lines: dict[str, Any]) -> None:
    for found in batches([text_of(*lines)]):
        meter.take(found)


def tenants_in(meter: LogMeter) -> dict[str | None, int]:
    rows = [row for _, rows in meter.slots() for row in rows]
    return dict(Counter({row.tenant: row.requests for row in rows}))


def test_the_profiles_of_a_batch_are_learnt_about_together() -> None:
    learning, others = Learning(), [PROFILE[:-2] + f"{n:02}" for n in range(9)]

    failed = a_profile_call(others[0], "ThrottlingException")
    take(learning.meter(), failed, a_record(), *map(a_profile_call, [PROFILE, *others[1:]]))

    assert learning.together[0] == {others[0]: False} | dict.fromkeys([PROFILE, *others[1:]], True)


@pytest.mark.parametrize("models", [FACT.model_arns, ()], ids=["resolved", "not resolved"])
def test_what_only_failed_calls_named_is_learnt_about_when_one_succeeds(
    models: tuple[str, ...],
) -> None:
    meter = Learning(models).meter()

    take(meter, a_profile_call(error_code="ThrottlingException"))
    assert tenants_in(meter) == {None: 1}
    take(meter, a_profile_call(), a_profile_call(error_code="ThrottlingException"))
    take(meter, a_profile_call())

    assert tenants_in(meter) == {None: 1, "tagged": 3}


def test_memories_that_hostile_input_fills_are_emptied() -> None:
    callers = Callers(DEFAULT_POLICY)
    lines = [a_record(f"r-{n}", requestMetadata={f"key-{n}": "x", "tenantId": f"t-{n}"})
             for n in range(500)]  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bedrock_meter.domain.records.memory.MOST_REMEMBERED", 100)
        body = io.BytesIO(zipped(text_of(*lines)))
        with reading_of(body, a_log_object(), a_valuation(), callers) as reading:
            rows = [row for partial in reading.partials() for row in partial.rows]

    assert {row.tenant for row in rows} == {f"t-{n}" for n in range(500)}
    assert len(callers.plans) <= 100
    assert len(callers.tenants) <= 100


def test_names_that_metadata_settle_are_forgotten_where_they_become_too_many() -> None:
    tenants = {"acme": {"recognised_by": {"roles": ["app"]}}}
    attribution = {"when_sources_disagree": "first_source_wins"}
    policy = Policy.from_document({"version": "1", "attribution": attribution, "tenants": tenants})
    callers = Callers(policy)
    lines = [a_record(f"r-{n}", requestMetadata={"tenantId": f"t-{n}"}) for n in range(250)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bedrock_meter.domain.records.memory.MOST_REMEMBERED", 100)
        body = io.BytesIO(zipped(text_of(*lines)))
        valuation = Valuation(policy, a_valuation().book)
        with reading_of(body, a_log_object(), valuation, callers) as reading:
            rows = [row for partial in reading.partials() for row in partial.rows]

    assert {row.tenant for row in rows} == {f"t-{n}" for n in range(250)}
    assert 0 < len(callers.settled) <= 100


def test_a_stamp_that_is_unknown_lets_every_time_through() -> None:
    log_object: LogObject = replace_stamp(a_log_object())
    body = io.BytesIO(zipped(line_of(a_record(timestamp="2020-01-01T00:00:00Z"))))
    with reading_of(body, log_object, a_valuation(), Callers(DEFAULT_POLICY)) as reading:
        assert reading.records == 1


def replace_stamp(log_object: LogObject) -> LogObject:
    return log_object._replace(stamp=None)
