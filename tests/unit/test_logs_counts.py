"""The tokens of a record: its own counts first, a body only where it refines them."""

from typing import Any

import pytest

from bedrock_meter.domain.evidence import ABSENT, BLOCKED, PRESENT, ZERO
from tests.builders import a_record
from tests.log_builders import evidence_of_one, reject_of_one

OPUS = "us.anthropic.claude-opus-4-5-20251101-v1:0"


def a_call(
    counts: tuple[int | None, ...] = (10, 5, None, None), body: Any = None, **changes: Any
) -> dict[str, Any]:
    """A call with counts (input, output, cache read, cache write); None leaves one out."""
    names = ("inputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")
    given = dict(zip(names, (counts[0], *counts[2:]), strict=True))
    answer = {"outputTokenCount": counts[1], "outputBodyJson": body}
    return a_record(
        input={name: count for name, count in given.items() if count is not None},
        output={name: value for name, value in answer.items() if value is not None},
        **{"modelId": OPUS, **changes},
    )


def anthropic(**usage: Any) -> dict[str, Any]:
    """The body of InvokeModel with an Anthropic model."""
    return {"type": "message", "model": "claude-opus-4-5", "content": [], "usage": usage}


def test_the_record_counts_and_not_the_body() -> None:
    body = {"usage": {"inputTokens": 999, "outputTokens": 999, "cacheReadInputTokens": 999}}

    evidence = evidence_of_one(a_call((10, 5, 3, 0), body))

    assert evidence.usage == {"input_tokens": 10, "output_tokens": 5, "cache_read_tokens": 3}
    assert evidence.counts == PRESENT


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        (
            "InvokeModel",
            anthropic(
                cache_creation_input_tokens=30,
                cache_creation={"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20},
            ),
        ),
        (
            "Converse",
            {
                "usage": {
                    "cacheDetails": [
                        {"ttl": "5m", "inputTokens": 10},
                        {"ttl": "1h", "inputTokens": 20},
                    ]
                }
            },
        ),
        (
            "InvokeModelWithResponseStream",
            [
                "[DONE]",
                {
                    "type": "message_start",
                    "message": anthropic(
                        cache_creation={
                            "ephemeral_5m_input_tokens": 10,
                            "ephemeral_1h_input_tokens": 20,
                        }
                    ),
                },
                {"type": "message_delta", "usage": {"output_tokens": 5}},
            ],
        ),
    ],
    ids=["InvokeModel", "Converse", "stream"],
)
def test_cache_writes_part_by_time_to_live_where_the_body_says_so(
    operation: str, body: Any
) -> None:
    evidence = evidence_of_one(a_call((10, 5, 0, 30), body, operation=operation))

    assert evidence.usage == {
        "input_tokens": 10,
        "output_tokens": 5,
        "cache_write_5m_tokens": 10,
        "cache_write_1h_tokens": 20,
    }
    assert evidence.assumptions == []


@pytest.mark.parametrize(
    ("model", "kind", "assumptions"),
    [
        (OPUS, "cache_write_5m_tokens", ["cache_ttl_5m"]),
        ("us.openai.gpt-5.6-sol", "cache_write_30m_tokens", []),
    ],
)
def test_cache_writes_without_a_split_are_of_the_models_usual_kind(
    model: str, kind: str, assumptions: list[str]
) -> None:
    evidence = evidence_of_one(a_call((10, 5, 0, 30), modelId=model))

    assert evidence.usage == {"input_tokens": 10, "output_tokens": 5, kind: 30}
    assert evidence.assumptions == assumptions


def test_a_split_never_makes_more_of_the_writes_than_the_record_counts() -> None:
    body = anthropic(
        cache_creation={"ephemeral_5m_input_tokens": 9, "ephemeral_1h_input_tokens": 99}
    )

    evidence = evidence_of_one(a_call((10, 5, 0, 30), body, operation="InvokeModel"))

    assert evidence.usage["cache_write_1h_tokens"] == 30
    assert "cache_write_5m_tokens" not in evidence.usage
    assert evidence.assumptions == ["cache_split_disagrees"]


@pytest.mark.parametrize(
    "body",
    [
        anthropic(cache_read_input_tokens=7),
        {"usage": {"cacheReadInputTokens": 7}},
        {"usage": {"cacheReadInputTokenCount": 7}},
        [{"amazon-bedrock-invocationMetrics": {"cacheReadInputTokenCount": 7}}],
        [{"message": anthropic(cache_read_input_tokens=7)}],
    ],
    ids=["anthropic", "converse", "nova", "metrics of a stream", "start of a stream"],
)
def test_cache_reads_come_from_the_body_where_the_record_has_no_such_count(body: Any) -> None:
    evidence = evidence_of_one(a_call((10, 5, None, None), body, operation="InvokeModel"))

    assert evidence.usage == {"input_tokens": 10, "output_tokens": 5, "cache_read_tokens": 7}


def test_a_count_of_zero_in_the_record_is_not_looked_up_in_the_body() -> None:
    body = anthropic(cache_read_input_tokens=7)

    evidence = evidence_of_one(a_call((10, 5, 0, 0), body))

    assert "cache_read_tokens" not in evidence.usage


class TestInclusiveCounts:
    """OpenAI's input count holds the cached tokens; the meter's kinds are disjoint."""

    def test_cached_tokens_are_taken_out_of_the_total(self) -> None:
        body = {"usage": {"input_tokens": 100, "input_tokens_details": {"cached_tokens": 80}}}

        evidence = evidence_of_one(
            a_call((100, 5, None, None), body, operation="Responses", modelId="openai.gpt-5.4")
        )

        assert evidence.usage == {"input_tokens": 20, "output_tokens": 5, "cache_read_tokens": 80}
        assert evidence.assumptions == []

    def test_chat_completions_name_them_otherwise(self) -> None:
        body = {"usage": {"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 80}}}

        evidence = evidence_of_one(a_call((100, 5, None, None), body, operation="ChatCompletions"))

        assert evidence.usage == {"input_tokens": 20, "output_tokens": 5, "cache_read_tokens": 80}

    def test_a_body_can_show_that_they_were_taken_out_already(self) -> None:
        body = {"usage": {"input_tokens": 100, "input_tokens_details": {"cached_tokens": 80}}}

        evidence = evidence_of_one(a_call((20, 5, None, None), body, operation="Responses"))

        assert evidence.usage["input_tokens"] == 20

    def test_without_a_body_the_convention_is_assumed_and_said_so(self) -> None:
        evidence = evidence_of_one(a_call((100, 5, 80, None), operation="Responses"))

        assert evidence.usage == {"input_tokens": 20, "output_tokens": 5, "cache_read_tokens": 80}
        assert evidence.assumptions == ["openai_inclusive"]

    def test_more_cached_than_all_is_refused_with_the_numbers(self) -> None:
        reject = reject_of_one(a_call((10, 5, 80, None), operation="Responses"))

        assert reject.reason == "negative_remainder"
        assert "10" in str(reject.fields["message"])
        assert "80" in str(reject.fields["message"])

    def test_converse_counts_the_same_model_the_usual_way(self) -> None:
        evidence = evidence_of_one(a_call((100, 5, 80, 0), modelId="openai.gpt-5.4"))

        assert evidence.usage["input_tokens"] == 100


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"input": {"inputTokenCount": 0}, "output": {"outputTokenCount": 0}}, ZERO),
        ({"input": {}, "output": {}}, ABSENT),
        ({"input": None, "output": None}, ABSENT),
        (
            {"output": {"outputBodyJson": {"stopReason": "guardrail_intervened"}}, "input": {}},
            BLOCKED,
        ),
        (
            {
                "input": {"inputTokenCount": 0},
                "output": {"outputBodyJson": {"amazon-bedrock-guardrailAction": "INTERVENED"}},
            },
            BLOCKED,
        ),
        (
            {
                "input": {},
                "output": {"outputBodyJson": [{"amazon-bedrock-guardrailAction": "INTERVENED"}]},
            },
            BLOCKED,
        ),
    ],
    ids=["zero", "absent", "null", "converse", "invoke", "stream"],
)
def test_nothing_used_is_told_apart_from_nobody_knows(changes: dict[str, Any], counts: str) -> None:
    evidence = evidence_of_one(a_record(**changes))

    assert (evidence.usage, evidence.counts) == ({}, counts)


def test_an_embedding_has_no_output_count() -> None:
    record = a_record(
        modelId="amazon.titan-embed-text-v2:0", input={"inputTokenCount": 12}, output={}
    )

    assert evidence_of_one(record).usage == {"input_tokens": 12}


@pytest.mark.parametrize("error", [{"input": None}, {}])
def test_a_failed_call_used_nothing(error: dict[str, Any]) -> None:
    evidence = evidence_of_one(a_record(errorCode="ThrottlingException", **error))

    assert (evidence.usage, evidence.error_code) == ({}, "ThrottlingException")


@pytest.mark.parametrize("body", ["text", None, [], ["[DONE]", None], {}, [7], 7, {"usage": 3}])
def test_a_body_of_any_kind_leaves_the_records_counts_alone(body: Any) -> None:
    record = a_call((10, 5, 0, 0))
    record["output"]["outputBodyJson"] = body

    assert evidence_of_one(record).usage == {"input_tokens": 10, "output_tokens": 5}


def test_metering_keys_that_a_tenant_writes_into_a_body_count_nothing() -> None:
    evil = {
        "inputTokenCount": 1,
        "outputTokenCount": 1,
        "modelId": "cheap",
        "timestamp": "2020-01-01T00:00:00Z",
        "requestMetadata": {"tenantId": "somebody else"},
        "usage": {"cacheReadInputTokens": 9},
    }
    record = a_call((10, 5, 0, 0), {"output": {"message": {"toolUse": {"input": evil}}}})
    record["input"]["inputBodyJson"] = {"messages": [{"content": evil}], **evil}

    evidence = evidence_of_one(record)

    assert evidence.usage == {"input_tokens": 10, "output_tokens": 5}
    assert evidence.model_id == OPUS
    assert evidence.metadata == {"tenantId": "acme"}
