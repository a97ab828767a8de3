"""The oracle assesses the meter, so it must not borrow from it, and must be right on paper."""

import ast
import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.oracle import Expected, expected
from tests.oracle.rates import PriceRows

HERE = Path(__file__).parent


@pytest.mark.parametrize("path", sorted(HERE.glob("*.py")), ids=lambda path: path.name)
def test_the_oracle_shares_no_code_with_the_meter(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            names.add((node.module or "").partition(".")[0])

    allowed = {"ast", "collections", "csv", "dataclasses", "datetime", "decimal", "gzip", "json"}
    assert names <= allowed | {"pathlib", "pytest", "re", "tests", "typing"}


ROWS = PriceRows()
KEY = "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/11/20/01"
NAME = f"{KEY}/20261120T013000000Z_0123456789abcdef.json.gz"
NAMED = {"requestMetadata": {"TENANT_ID": "acme"}}


def a_record(model: str = "us.anthropic.claude-sonnet-4-6", **fields: Any) -> dict[str, Any]:
    """Make a record of 1,000 tokens in and 100 out, at 01:10."""
    return {
        "schemaType": "ModelInvocationLog",
        "timestamp": "2026-11-20T01:10:00Z",
        "region": "us-east-1",
        "requestId": fields.pop("id", "r1"),
        "operation": "Converse",
        "modelId": model,
        "input": {"inputTokenCount": 1_000},
        "output": {"outputTokenCount": 100},
        **NAMED,
        **fields,
    }


def expected_of(*records: dict[str, Any] | bytes, name: str = NAME, **more: Any) -> Expected:
    """Assess one log object of these records (or raw lines)."""
    lines = [r if isinstance(r, bytes) else json.dumps(r).encode() for r in records]
    given = {"copies": {}, "tags": {}, "policy": {}, **more}
    return expected({name: gzip.compress(b"\n".join(lines))}, rows=ROWS, **given)


def cost_of(*records: dict[str, Any], **more: Any) -> Decimal:
    """Return the dollars of what is closed."""
    return sum((s.cost_usd for s in expected_of(*records, **more).closed.values()), Decimal(0))


def test_tokens_cost_what_the_reviewed_rows_say():
    # 1,000 × 3.30 + 100 × 16.50 dollars per million
    assert cost_of(a_record()) == Decimal("0.00495")


def test_a_global_profile_costs_less_than_a_regional_one():
    # 1,000 × 3 + 100 × 15 dollars per million
    assert cost_of(a_record("global.anthropic.claude-sonnet-4-6")) == Decimal("0.0045")


def test_cache_writes_part_by_their_time_to_live():
    details = [{"ttl": "5m", "inputTokens": 300}, {"ttl": "1h", "inputTokens": 200}]
    written = {"inputTokenCount": 0, "cacheWriteInputTokenCount": 500}
    body = {"outputBodyJson": {"usage": {"cacheDetails": details}}}

    # 300 × 4.125 + 200 × 6.60 dollars per million
    assert cost_of(a_record(input=written, output=body)) == Decimal("0.0025575")


def test_the_call_above_the_context_threshold_pays_the_high_rate_for_every_token():
    model = "us.anthropic.claude-haiku-5-5"
    at, above = ({"inputTokenCount": n} for n in (100_000, 100_001))

    # 100 out: 0.55, above 2.75; in: 0.11, above 0.55 dollars per million
    assert cost_of(a_record(model, input=at)) == Decimal("0.011055")
    assert cost_of(a_record(model, input=above)) == Decimal("0.05527555")


def test_an_unknown_model_keeps_its_tokens_and_costs_nothing():
    ((_, total),) = expected_of(a_record("mistral.orbit-9")).closed.items()

    assert (total.cost_usd, total.unpriced_requests, total.unpriced_tokens) == (0, 1, 1_100)


def test_a_request_id_seen_twice_counts_once_in_closed_totals_and_twice_in_live_ones():
    empty = {"inputTokenCount": 0}
    twice = expected_of(a_record(input=empty, output={}), a_record())

    assert [total.requests for total in twice.live.values()] == [2]
    assert [total.requests for total in twice.closed.values()] == [1]
    assert [total.tokens for total in twice.closed.values()] == [1_100]


def test_the_tag_of_a_profile_wins_over_what_the_caller_says_and_the_conflict_is_counted():
    arn = "arn:aws:bedrock:us-east-1:1:application-inference-profile/abc"
    result = expected_of(
        a_record(arn), copies={arn: "amazon.nova-lite-v1:0"}, tags={arn: {"tenant": "b"}}
    )

    ((tenant, _),) = result.closed
    assert tenant == "b"
    assert [total.conflicts for total in result.closed.values()] == [1]


@pytest.mark.parametrize(
    "line",
    [
        b'{"schemaType": "ModelInvocationLog", "times',
        b"[1, 2]",
        json.dumps(a_record(timestamp="2026-11-20T01:10:00")).encode(),
        json.dumps(a_record(timestamp="2026-11-21T01:10:00Z")).encode(),
        json.dumps(a_record(input={"inputTokenCount": 5.0})).encode(),
        json.dumps(a_record(input={"inputTokenCount": -1})).encode(),
    ],
)
def test_a_line_that_cannot_be_metered_is_refused_and_the_others_count(line):
    result = expected_of(line, a_record())

    assert sum(result.refused.values()) == 1
    assert [total.requests for total in result.live.values()] == [1]


@pytest.mark.parametrize(
    "name", [f"{KEY}/data/x_output.json.gz", f"{KEY}/amazon-bedrock-logs-permission-check"]
)
def test_what_is_no_log_object_is_not_read(name):
    assert not expected_of(a_record(), name=name).live


ACME_OR_NOBODY = {"unlisted": "unattributed"}
SAID_BY_THE_BACKEND = {"may_state": {"roles": ["backend"]}}


@pytest.mark.parametrize(
    ("attribution", "role", "tenant", "conflict"),
    [
        ({}, "intruder", "acme", 0),
        (SAID_BY_THE_BACKEND, "backend", "acme", 0),
        (SAID_BY_THE_BACKEND, "intruder", None, 1),
        (SAID_BY_THE_BACKEND, "of-globex", "globex", 1),
        (ACME_OR_NOBODY, "intruder", None, 0),
    ],
)
def test_a_tenant_is_named_by_those_alone_whom_the_policy_believes(
    attribution, role, tenant, conflict
):
    arn = f"arn:aws:sts::111122223333:assumed-role/{role}/s"
    policy = {
        "attribution": attribution,
        "tenants": {"globex": {"recognised_by": {"roles": ["of-globex"]}}},
    }

    ((key, total),) = expected_of(a_record(identity={"arn": arn}), policy=policy).closed.items()

    assert (key[0], total.conflicts) == (tenant, conflict)
