"""The tokens of a record: its own counts first, a body only where it refines them."""

import json
from typing import Any

import pytest

from bedrock_meter.domain.records.evidence import ABSENT, BLOCKED, PRESENT, ZERO
from tests.builders import a_record
from tests.log_builders import assumed_of, evidence_of_one

GPT = "us.openai.gpt-5.6-sol"
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
    assert assumed_of(evidence) == []


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
    assert assumed_of(evidence) == assumptions


def test_a_split_never_makes_more_of_the_writes_than_the_record_counts() -> None:
    body = anthropic(
        cache_creation={"ephemeral_5m_input_tokens": 9, "ephemeral_1h_input_tokens": 99}
    )

    evidence = evidence_of_one(a_call((10, 5, 0, 30), body, operation="InvokeModel"))

    assert evidence.usage["cache_write_1h_tokens"] == 30
    assert "cache_write_5m_tokens" not in evidence.usage
    assert assumed_of(evidence) == ["cache_split_disagrees"]


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
        assert assumed_of(evidence) == []

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
        assert assumed_of(evidence) == ["openai_inclusive"]

    @pytest.mark.parametrize("operation", ["Responses", "ChatCompletions", "InvokeModel"])
    def test_an_input_below_its_cached_tokens_leaves_them_out_already(self, operation: str) -> None:
        """Boise-State-Development/agentcore-public-stack#947: 2 in, 4993 read, no body."""
        evidence = evidence_of_one(
            a_call((2, 5, 4993, None), operation=operation, modelId="openai.gpt-5.4")
        )

        assert evidence.usage == {"input_tokens": 2, "output_tokens": 5, "cache_read_tokens": 4993}
        assert assumed_of(evidence) == []

    @pytest.mark.parametrize(
        ("operation", "total", "details"),
        [
            ("Responses", "input_tokens", "input_tokens_details"),
            ("ChatCompletions", "prompt_tokens", "prompt_tokens_details"),
            ("InvokeModel", "prompt_tokens", "prompt_tokens_details"),
        ],
    )
    def test_cache_writes_stand_beside_the_cached_tokens(
        self, operation: str, total: str, details: str
    ) -> None:
        parts = {"cached_tokens": 2000, "cache_write_tokens": 400}
        body = {"usage": {total: 2600, details: parts}}

        evidence = evidence_of_one(
            a_call((2600, 5, None, None), body, operation=operation, modelId=GPT)
        )

        assert evidence.usage == {
            "input_tokens": 200,
            "output_tokens": 5,
            "cache_read_tokens": 2000,
            "cache_write_30m_tokens": 400,
        }
        assert assumed_of(evidence) == []

    def test_cache_writes_of_a_stream_stand_in_its_last_event(self) -> None:
        parts = {"cached_tokens": 0, "cache_write_tokens": 400}
        usage = {"input_tokens": 2600, "input_tokens_details": parts}
        body = [{"type": "response.created"}, {"response": {"model": "gpt-5.6", "usage": usage}}]

        evidence = evidence_of_one(
            a_call((2600, 5, None, None), body, operation="Responses", modelId=GPT)
        )

        assert evidence.usage["input_tokens"] == 2200
        assert evidence.usage["cache_write_30m_tokens"] == 400

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


def test_a_failed_call_without_counts_used_nothing() -> None:
    evidence = evidence_of_one(
        a_record(errorCode="ThrottlingException", input=None, output=None, requestId="r-9")
    )

    assert (evidence.usage, evidence.error_code) == ({}, "ThrottlingException")
    assert evidence.assumptions == []


def test_what_a_failed_call_shows_is_kept_for_information() -> None:
    evidence = evidence_of_one(a_call((10, 5, 3, 4), errorCode="ModelStreamErrorException"))

    assert evidence.usage == {
        "input_tokens": 10,
        "output_tokens": 5,
        "cache_read_tokens": 3,
        "cache_write_5m_tokens": 4,
    }
    assert (evidence.error_code, evidence.assumptions) == ("ModelStreamErrorException", [])


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


class TestBodiesWrittenAsText:
    """A body may be logged as a text of JSON; it says the same as the JSON would."""

    def test_an_answer_parts_the_cache_writes(self) -> None:
        body = anthropic(cache_creation={"ephemeral_1h_input_tokens": 30})

        evidence = evidence_of_one(a_call((10, 5, 0, 30), json.dumps(body)))

        assert evidence.usage["cache_write_1h_tokens"] == 30

    def test_a_stream_may_be_a_text_too(self) -> None:
        body = [{"message": anthropic(cache_creation={"ephemeral_1h_input_tokens": 30})}, "[DONE]"]

        evidence = evidence_of_one(a_call((10, 5, 0, 30), json.dumps(body)))

        assert evidence.usage["cache_write_1h_tokens"] == 30

    @pytest.mark.parametrize("text", ["", "{", "no JSON", '"{}"', "[[", "7", "{}" * 3])
    def test_a_text_that_is_no_json_leaves_the_records_counts_alone(self, text: str) -> None:
        evidence = evidence_of_one(a_call((10, 5, 0, 0), text))

        assert evidence.usage == {"input_tokens": 10, "output_tokens": 5}


POINT_1H, POINT_5M = ({"cachePoint": {"type": "default", "ttl": ttl}} for ttl in ("1h", "5m"))
POINT = {"cachePoint": {"type": "default"}}
CONTROL_1H = {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "ttl": "1h"}}
FORGED_POINT = {"toolUse": {"name": "f", "input": {"cachePoint": {"ttl": "1h"}}}}


def asking(request: Any) -> dict[str, Any]:
    """A call that writes 40 tokens to the cache and shows its request, not its answer."""
    record = a_call((10, 5, 0, 40))
    record["input"]["inputBodyJson"] = request
    return record


class TestOneHourWrites:
    """Converse logs no split; the cache points of the request tell how long writes live."""

    @pytest.mark.parametrize(
        "request_body",
        [
            {"system": [{"text": "s"}, POINT_1H], "messages": []},
            {"messages": [{"role": "user", "content": [{"text": "q"}, POINT_1H]}]},
            {"toolConfig": {"tools": [{"toolSpec": {"name": "f"}}, POINT_1H]}},
            {"system": [POINT_1H], "messages": [{"content": [POINT_1H, FORGED_POINT]}]},
            {"system": [CONTROL_1H], "messages": [{"role": "user", "content": "q"}]},
            {"messages": [{"content": [{"type": "tool_result", "content": [CONTROL_1H]}]}]},
            {"system": "s", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
            json.dumps({"system": [POINT_1H]}),
        ],
        ids=["system", "message", "tools", "several", "claude", "in a result", "whole", "as text"],
    )
    def test_when_all_cache_points_say_one_hour_so_do_the_writes(self, request_body: Any) -> None:
        evidence = evidence_of_one(asking(request_body))

        assert evidence.usage["cache_write_1h_tokens"] == 40
        assert "cache_write_5m_tokens" not in evidence.usage
        assert assumed_of(evidence) == ["cache_ttl_as_requested"]

    @pytest.mark.parametrize(
        "request_body",
        [
            {"system": [POINT_1H, POINT_5M]},
            {"system": [POINT_1H], "messages": [{"content": [POINT]}]},
            {"messages": [{"content": [FORGED_POINT, {"text": '"ttl":"1h"'}]}]},
            {"system": 7, "messages": [{"content": [POINT_1H]}]},
            {"messages": [{"content": [{"text": '"1h"'}]}]},
            "no JSON",
        ],
        ids=["mixed", "default", "in an argument", "odd", "in a text", "no JSON"],
    )
    def test_otherwise_they_are_taken_for_five_minutes_and_said_so(self, request_body: Any) -> None:
        evidence = evidence_of_one(asking(request_body))

        assert evidence.usage["cache_write_5m_tokens"] == 40
        assert assumed_of(evidence) == ["cache_ttl_5m"]

    def test_an_answer_that_parts_them_comes_first(self) -> None:
        record = asking({"system": [POINT_1H]})
        details = [{"ttl": "5m", "inputTokens": 40}]
        record["output"]["outputBodyJson"] = {"usage": {"cacheDetails": details}}

        assert evidence_of_one(record).usage["cache_write_5m_tokens"] == 40

    def test_a_family_with_one_time_to_live_keeps_it(self) -> None:
        record = asking({"system": [POINT_1H]}) | {"modelId": GPT}

        assert evidence_of_one(record).usage["cache_write_30m_tokens"] == 40
