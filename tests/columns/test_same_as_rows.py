"""An hour derived in columns is the hour derived row by row: totals, calls apart, every column."""

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bedrock_meter import prices
from bedrock_meter.aws.parquet import opened, rows_in
from bedrock_meter.aws.s3_rollups import rollup_of
from bedrock_meter.columns import derive as derive_module
from bedrock_meter.columns import gather as gather_module
from bedrock_meter.columns.derive import derived_in_columns
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.time.hours import Hour, Part, parse_time, part_of
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.derive_calls import derived_by_rows, files_of
from bedrock_meter.local.objects import MemoryEvidenceStore
from bedrock_meter.logs.spool import evidence_file
from bedrock_meter.ports import DerivedHour
from tests.builders import ACCOUNT, HAIKU, NINE, at
from tests.price_builders import a_row as a_rate

PROFILE = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/abcdefghijkl"
SONNET = "us.anthropic.claude-sonnet-4-20250514-v1:0"
CHANGING = "acme.changing-1"
LUNA, GROK = "us.openai.gpt-5.6-luna", "us.xai.grok-4.6"
MODELS = (
    HAIKU, SONNET, LUNA, GROK, "amazon.nova-canvas-v1:0",
    "amazon.nova-lite-v1:0", CHANGING, "x.y", PROFILE, "abcdefghijkl", "acme.superlm-9-v1:0",
    f"arn:aws:bedrock:us-east-1:{ACCOUNT}:provisioned-model/abcdefghijkl",
)  # fmt: skip
KINDS = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_5m_tokens",
    "cache_write_30m_tokens", "cache_write_1h_tokens", "output_images/1024x1024/standard",
    "guardrail_content_text_units", "input_speech_tokens",
)  # fmt: skip
UUIDS = [f"{n:08x}-0000-4000-8000-{n:012x}" for n in range(4)]
IDS = [*UUIDS, UUIDS[0].upper(), "r-1", "r-2", "", "ffffffff-ffff-ffff-0000-000000000000"]
ROLE = f"arn:aws:sts::{ACCOUNT}:assumed-role"

quantities = st.one_of(
    st.integers(1, 500), st.integers(150_000, 300_000), st.sampled_from([0, 10**12, 10**12 + 1])
)
times = st.builds(
    "2026-11-21T{:02d}:{:02d}:{:02d}{}Z".format,
    st.just(0),
    st.integers(0, 59),
    st.integers(0, 59),
    st.sampled_from(["", "", ".500000", ".000001"]),
)


def evidence_at(hour: int) -> st.SearchStrategy[Evidence]:
    """Calls of one hour of the day."""
    return st.builds(
        Evidence,
        line=st.integers(1, 9),
        request_id=st.sampled_from(IDS) | st.uuids().map(str),
        at=times.map(lambda text: text.replace("T00:", f"T{hour:02d}:")),
        account=st.sampled_from([ACCOUNT, "444455556666"]),
        region=st.sampled_from(["us-east-1", "eu-west-1"]),
        operation=st.sampled_from(["Converse", "InvokeModel"]),
        model_id=st.sampled_from(MODELS),
        principal=st.sampled_from(["", f"{ROLE}/app/a", f"{ROLE}/app/b", f"{ROLE}/tenant-bolt/x"]),
        metadata=st.sampled_from(
            [
                None, {"tenantId": "acme"}, {"tenantId": "bolt", "env": "dev", "trace": "1"},
                {"tenant": "acme", "tenantId": "zeta"}, {"app": "chat"},
            ]
        ),
        usage=st.dictionaries(st.sampled_from(KINDS), quantities, max_size=4),
        counts=st.sampled_from(["present", "zero", "absent", "blocked"]),
        error_code=st.sampled_from([None, None, None, "ThrottlingException"]),
        tier=st.sampled_from(["standard", "batch", "flex"]),
        body_model=st.sampled_from([None, HAIKU]),
        latency_ms=st.none() | st.integers(0, 9_000),
        first_byte_ms=st.none() | st.integers(0, 900),
        assumptions=st.sampled_from([[], ["tier_standard"], ["a", "b"]]),
    )  # fmt: skip


objects = st.tuples(
    st.lists(evidence_at(8), max_size=4),
    st.lists(evidence_at(9), max_size=14),
    st.lists(evidence_at(10), max_size=4),
).map(lambda parts: [one for part in parts for one in part])

CONTRACTS = Policy.from_document(
    {
        "attribution": {"session_patterns": ["tenant-bolt/{tenant}"], "most_unlisted": 2},
        "plans": {"percent": {"contract": {"kind": "percent", "off": "12.5"}}},
        "tenants": {
            "acme": {"plan": "percent", "recognised_by": {"roles": ["app"]}},
            "bolt": {
                "contract": {
                    "kind": "fixed",
                    "match": "acme.*",
                    "rates": {"input_tokens": "2", "output_tokens": "1000001000000"},
                    "since": "2026-11-21T09:20:00Z",
                }
            },
        },
    }
)
STRICT = Policy.from_document(
    {"attribution": {"may_state": {"sessions": ["app/a"]}, "unlisted": "unattributed"},
     "tenants": {"acme": {}}}
)  # fmt: skip


def a_changing_book() -> PriceBook:
    """The shipped book, and a model whose price changes twice within the hour."""
    of = {"model": CHANGING}
    rows = [
        a_rate("1", **of, until="2026-11-21T09:10:00Z"),
        a_rate("2", **of, since="2026-11-21T09:10:00Z", until="2026-11-21T09:40:30Z"),
        a_rate("3", **of, since="2026-11-21T09:40:30Z"),
    ]
    shipped = prices.shipped()
    return PriceBook([*shipped.rows(), *rows], shipped.rules, input_counts=shipped.input_counts)


BOOK = a_changing_book()


def a_fact(asked_at: str, model: str, **tags: str) -> ProfileFact:
    arns = (f"arn:aws:bedrock:us-east-1::foundation-model/{model}",)
    return ProfileFact(PROFILE, arns, "in_region", tags, at(asked_at), found=True)


FACTS = (
    a_fact("09:05:00", "anthropic.claude-haiku-4-5-20251001-v1:0", tenant="acme"),
    a_fact("09:30:00", "anthropic.claude-haiku-4-5-20251001-v1:0", tenant="bolt"),
)


def fact_for(_arn: str, moment: datetime) -> ProfileFact | None:
    return FACTS[moment >= FACTS[1].asked_at]


def a_store(logged: list[list[Evidence]]) -> MemoryEvidenceStore:
    """The evidence of several log objects."""
    store = MemoryEvidenceStore()
    for number, calls in enumerate(logged):
        parts: dict[Part, list[Evidence]] = {}
        for call in calls:
            parts.setdefault(part_of(parse_time(call.at)), []).append(call)
        for part, some in parts.items():
            with evidence_file(part, some) as body:
                store.put(part, f"object-{number}", 1, body)
    return store


def parquet(hour: DerivedHour) -> list[dict[str, Any]]:
    """The rows of the rollup, in order, but that of calls of one place any may be first."""
    rows = rows_in(opened(rollup_of(hour.calls, {}).getvalue(), "a rollup"))
    places = [(row["tenant"], row["at"], row["object_id"], row["line"]) for row in rows]
    return [
        row
        for _, _, row in sorted(zip(map(places.index, places), map(repr, rows), rows, strict=True))
    ]


def assert_same_hour(hour: Hour, store: MemoryEvidenceStore, valuation: Valuation) -> int:
    """Derive an hour both ways and compare everything; answer how many calls it has."""
    files = files_of(hour, store)

    rows = derived_by_rows(hour, files, store, valuation)
    columns = derived_in_columns(hour, files, store, valuation)

    assert columns.totals == rows.totals
    assert columns.apart == rows.apart
    assert parquet(columns) == parquet(rows)
    return sum(total.requests for total in rows.totals.values())


@settings(max_examples=150, deadline=None)
@given(
    logged=st.lists(objects, min_size=1, max_size=4),
    policy=st.sampled_from([DEFAULT_POLICY, CONTRACTS, STRICT]),
    knows=st.booleans(),
    merged=st.sampled_from([1, 3, 200_000]),
    kinds=st.sampled_from([0, 2, 16]),
)
def test_any_hour_is_the_same_in_columns(
    logged: list[list[Evidence]], policy: Policy, knows: bool, merged: int, kinds: int
) -> None:
    more: Mapping[str, Any] = {"facts": fact_for} if knows else {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derive_module, "_MERGED_AT_ONCE", merged)
        patch.setattr(gather_module, "MOST_KINDS", kinds)

        assert_same_hour(NINE, a_store(logged), Valuation(policy, BOOK, **more))


def a_dense_hour(seed: int) -> list[list[Evidence]]:
    """Hundreds of calls, most of which have a price, on both sides of every border there is."""
    random = Random(seed)
    pick = random.choice
    tokens = (1, 70, 900, 100_000, 199_000, 250_000, 300_000)

    def usage() -> dict[str, int]:
        return {kind: pick(tokens) for kind in KINDS[: pick((1, 2, 3, 3, 6))]}

    def call(number: int) -> Evidence:
        return Evidence(
            line=number,
            request_id=pick([str(UUID(int=random.getrandbits(128)))] * 9 + IDS),
            at=f"2026-11-21T09:{random.randrange(60):02d}:{random.randrange(60):02d}Z",
            account=ACCOUNT,
            region="us-east-1",
            operation=pick(["Converse"] * 9 + ["InvokeModel"]),
            model_id=pick([*MODELS, *[HAIKU, LUNA, GROK, CHANGING, PROFILE] * 5]),
            principal=pick(["", f"{ROLE}/app/a", f"{ROLE}/tenant-bolt/x"]),
            metadata=pick([None, {"tenantId": "acme"}, {"tenantId": "bolt"}, {"tenantId": "zeta"}]),
            usage=usage(),
            counts=pick(["present"] * 19 + ["absent"]),
            error_code=pick([None] * 9 + ["ThrottlingException"]),
            tier=pick(["standard"] * 9 + ["batch"]),
            body_model=None,
            latency_ms=pick([None, 0, 7, 900]),
            first_byte_ms=pick([None, 5]),
            assumptions=["tier_standard"],
        )

    return [[call(number) for number in range(200)] for _ in range(2)]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("policy", [DEFAULT_POLICY, CONTRACTS, STRICT])
def test_a_dense_hour_is_the_same_in_columns(seed: int, policy: Policy) -> None:
    more: Mapping[str, Any] = {"facts": fact_for} if seed % 2 else {}

    assert_same_hour(NINE, a_store(a_dense_hour(seed)), Valuation(policy, BOOK, **more))
