"""What is not billed by tokens: media, rerank, guardrails; and what a body says beside usage."""

import json
from typing import Any

import pytest

from bedrock_meter.domain.records.evidence import ABSENT, BLOCKED, PRESENT, ZERO
from tests.builders import a_record
from tests.log_builders import assumed_of, evidence_of_one

CANVAS = "amazon.nova-canvas-v1:0"
STREAM = "InvokeModelWithResponseStream"


def an_invocation(
    model: str, request: Any = None, answer: Any = None, **more: Any
) -> dict[str, Any]:
    """An InvokeModel call with these bodies inline."""
    given = {"inputBodyJson": request} if request is not None else {}
    output = {"outputBodyJson": answer} if answer is not None else {}
    return a_record(operation="InvokeModel", modelId=model, input=given, output={**output, **more})


def an_image_request(**config: Any) -> dict[str, Any]:
    return {"taskType": "TEXT_IMAGE", "imageGenerationConfig": config}


@pytest.mark.parametrize(
    ("model", "request_body", "answer", "usage", "assumptions"),
    [
        (
            CANVAS,
            an_image_request(width=1280, height=720, quality="premium", numberOfImages=3),
            {"images": ["b64", "b64"]},
            {"output_images/1280x720/premium": 2},
            [],
        ),
        (
            CANVAS,
            an_image_request(width=512, height=512, numberOfImages=3),
            None,
            {"output_images/512x512/standard": 3},
            ["images_as_requested"],
        ),
        (
            "amazon.titan-image-generator-v2:0",
            an_image_request(),
            {"images": ["b64"]},
            {"output_images/1024x1024/standard": 1},
            ["image_size_default"],
        ),
        ("stability.sd3-5-large-v1:0", None, {"images": ["b64", None]}, {"output_images": 1}, []),
        ("stability.sdxl", None, {"artifacts": [{"base64": ""}]}, {"output_images": 1}, []),
        ("luma.ray-v2:0", {"duration": "9s", "resolution": "540p"}, None,
         {"output_video_seconds/540p": 9}, ["video_as_requested"]),
        ("amazon.titan-embed-image-v1", {"inputImage": "b64"}, None, {"input_images": 1}, []),
        ("amazon.nova-2-multimodal-embeddings-v1:0",
         {"singleEmbeddingParams": {"image": {"detailLevel": "DOCUMENT_IMAGE"}}}, None,
         {"input_images_document": 1}, []),
        ("twelvelabs.marengo-embed-3-0-v1:0", {"inputType": "text"}, None,
         {"text_requests": 1}, []),
        ("cohere.rerank-v3-5:0", {"query": "q", "documents": ["d"] * 101}, None,
         {"search_units": 2}, []),
    ],
    ids=["canvas", "as requested", "titan", "stability", "artifacts", "luma", "image embedding",
         "document embedding", "marengo", "rerank"],
)  # fmt: skip
def test_media_are_read_from_inline_bodies(
    model: str, request_body: Any, answer: Any, usage: dict[str, int], assumptions: list[str]
) -> None:
    evidence = evidence_of_one(an_invocation(model, request_body, answer))

    assert evidence.usage == usage
    assert assumed_of(evidence) == assumptions
    assert evidence.counts == PRESENT


def test_the_length_of_a_video_comes_from_the_record_itself() -> None:
    evidence = evidence_of_one(
        an_invocation(
            "amazon.nova-reel-v1:1", outputVideoDurationSeconds=5.5, outputVideoHeight=720
        )
    )

    assert evidence.usage == {"output_video_seconds/720p": 6}


@pytest.mark.parametrize("model", [CANVAS, "luma.ray-v2:0", "cohere.rerank-v3-5:0"])
def test_media_without_a_body_are_unknown_and_never_zero(model: str) -> None:
    record = an_invocation(model)
    record["input"]["inputTokenCount"] = 0

    evidence = evidence_of_one(record)

    assert (evidence.usage, evidence.counts) == ({}, ABSENT)
    assert evidence.assumptions == ["media_not_logged"]


TITAN_IMAGE = "amazon.titan-embed-image-v1"
COHERE = "cohere.embed-english-v3"
COHERE_4 = "cohere.embed-v4:0"
MOVED_OUT = {"inputBodyS3Path": "s3://logs/AWSLogs/x/data/r-1_input.json.gz"}
PEGASUS = "twelvelabs.pegasus-1-2-v1:0"
NOVA_EMBEDDINGS = "amazon.nova-2-multimodal-embeddings-v1:0"


def an_embedding(model: str, tokens: int | None, **given: Any) -> dict[str, Any]:
    """An embedding call with so many tokens of text."""
    counts = {} if tokens is None else {"inputTokenCount": tokens}
    return a_record(operation="InvokeModel", modelId=model, input={**counts, **given}, output={})


class TestImagesInEmbeddings:
    """An image costs as much as 75 tokens of text; it is never left out silently."""

    @pytest.mark.parametrize("tokens", [4, 0, None])
    def test_a_request_of_titan_that_was_moved_out_held_an_image(self, tokens: int | None) -> None:
        """As AWS's own samples count it: aws-samples usage-tracking@07e6644."""
        evidence = evidence_of_one(an_embedding(TITAN_IMAGE, tokens, **MOVED_OUT))

        assert evidence.usage == {"input_images": 1, **({"input_tokens": tokens} if tokens else {})}
        assert assumed_of(evidence) == ["image_moved_out"]
        assert evidence.counts == PRESENT

    @pytest.mark.parametrize("model", [TITAN_IMAGE, NOVA_EMBEDDINGS, COHERE_4])
    def test_without_any_request_nobody_knows_whether_there_was_one(self, model: str) -> None:
        evidence = evidence_of_one(an_embedding(model, 4))

        assert (evidence.usage, evidence.counts) == ({"input_tokens": 4}, ABSENT)
        assert assumed_of(evidence) == ["media_not_logged"]

    @pytest.mark.parametrize("model", [COHERE, COHERE_4])
    @pytest.mark.parametrize("given", [{}, MOVED_OUT], ids=["not logged", "moved out"])
    def test_an_embedding_of_no_tokens_was_not_free(self, model: str, given: Any) -> None:
        evidence = evidence_of_one(an_embedding(model, 0, **given))

        assert (evidence.usage, evidence.counts) == ({}, ABSENT)

    def test_a_text_that_cohere_embedded_needs_no_body(self) -> None:
        evidence = evidence_of_one(an_embedding(COHERE, 12))

        assert (evidence.usage, evidence.counts) == ({"input_tokens": 12}, PRESENT)

    @pytest.mark.parametrize(
        ("model", "request_body", "images"),
        [
            (COHERE, {"input_type": "image", "images": ["data:image/png;base64,"]}, 1),
            (COHERE_4, {"images": ["a", "b"]}, 2),
            (
                COHERE_4,
                {"inputs": [{"content": [{"type": "text"}, {"type": "image_url"}]}] * 2},
                2,
            ),
            (COHERE, {"texts": ["a"], "input_type": "search_query"}, 0),
        ],
        ids=["one", "several", "fused", "text"],
    )
    def test_images_in_an_inline_request_are_counted(
        self, model: str, request_body: Any, images: int
    ) -> None:
        evidence = evidence_of_one(an_embedding(model, 3, inputBodyJson=request_body))

        assert evidence.usage.get("input_images", 0) == images
        assert evidence.counts == PRESENT

    def test_an_answer_about_a_video_is_not_all_that_is_billed(self) -> None:
        record = an_invocation(PEGASUS, {"inputPrompt": "what happens?"}, outputTokenCount=40)

        evidence = evidence_of_one(record)

        assert (evidence.usage, evidence.counts) == ({"output_tokens": 40}, ABSENT)


@pytest.mark.parametrize(
    ("model", "answer"),
    [
        ("stability.stable-image-core-v1:1", {"images": []}),
        ("stability.stable-image-core-v1:1", {"images": [None], "finish_reasons": ["Filter"]}),
        (CANVAS, {"error": "all images were filtered"}),
        (CANVAS, {"amazon-bedrock-guardrailAction": "INTERVENED"}),
    ],
    ids=["none", "filtered", "error", "blocked"],
)
def test_an_answer_without_images_made_none(model: str, answer: Any) -> None:
    evidence = evidence_of_one(an_invocation(model, an_image_request(numberOfImages=2), answer))

    assert evidence.usage == {}
    assert evidence.counts in (ZERO, BLOCKED)


def test_an_error_of_no_text_is_none() -> None:
    answer = {"images": ["b64"], "error": None}

    evidence = evidence_of_one(an_invocation(CANVAS, an_image_request(numberOfImages=2), answer))

    assert evidence.usage == {"output_images/1024x1024/standard": 1}


@pytest.mark.parametrize("config", [{"numberOfImages": -3}, {"numberOfImages": "x"}, 7, None])
def test_a_request_that_makes_no_sense_counts_nothing(config: Any) -> None:
    evidence = evidence_of_one(an_invocation(CANVAS, {"imageGenerationConfig": config}))

    assert set(evidence.usage.values()) <= {1}


UNITS = {"topicPolicyUnits": 1, "contentPolicyUnits": 2, "wordPolicyUnits": 2, "unheardOf": 9}


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        (
            "Converse",
            {
                "stopReason": "guardrail_intervened",
                "trace": {
                    "guardrail": {
                        "inputAssessment": {"g1": {"invocationMetrics": {"usage": UNITS}}},
                        "outputAssessments": {"g1": [{"invocationMetrics": {"usage": UNITS}}]},
                    }
                },
            },
        ),
        (
            "InvokeModel",
            {
                "amazon-bedrock-guardrailAction": "INTERVENED",
                "amazon-bedrock-trace": {
                    "guardrail": {
                        "input": {"g1": {"invocationMetrics": {"usage": UNITS}}},
                        "outputs": [{"g1": {"invocationMetrics": {"usage": UNITS}}}],
                    }
                },
            },
        ),
    ],
)
def test_guardrail_units_of_input_and_output_are_added_up(operation: str, body: Any) -> None:
    evidence = evidence_of_one(
        a_record(operation=operation, input={}, output={"outputBodyJson": body})
    )

    assert evidence.usage == {
        "guardrail_topic_text_units": 2,
        "guardrail_content_text_units": 4,
        "guardrail_word_text_units": 4,
    }
    assert evidence.counts == BLOCKED


def test_guardrail_units_without_counts_of_the_model_are_not_the_whole_story() -> None:
    assessment = {"g1": {"invocationMetrics": {"usage": UNITS}}}
    body = {"stopReason": "end_turn", "trace": {"guardrail": {"inputAssessment": assessment}}}

    evidence = evidence_of_one(a_record(input={}, output={"outputBodyJson": body}))

    assert evidence.usage["guardrail_topic_text_units"] == 1
    assert evidence.counts == ABSENT


def test_guardrail_units_are_read_from_a_body_that_is_a_text() -> None:
    assessment = {"g1": {"invocationMetrics": {"usage": UNITS}}}
    body = json.dumps({"trace": {"guardrail": {"inputAssessment": assessment}}})

    evidence = evidence_of_one(a_record(output={"outputTokenCount": 1, "outputBodyJson": body}))

    assert evidence.usage["guardrail_topic_text_units"] == 1


@pytest.mark.parametrize("trace", [7, [], {"guardrail": [[[[[[[[]]]]]]]]}, {"guardrail": "x"}])
def test_a_trace_that_makes_no_sense_counts_nothing(trace: Any) -> None:
    record = a_record(output={"outputTokenCount": 100, "outputBodyJson": {"trace": trace}})

    assert evidence_of_one(record).usage == {"input_tokens": 1000, "output_tokens": 100}


@pytest.mark.parametrize(
    ("body", "tier"),
    [
        ({"serviceTier": {"type": "flex"}}, "flex"),
        ({"serviceTier": {"type": "PRIORITY"}}, "priority"),
        ({"serviceTier": {"type": "default"}}, "standard"),
        ({"serviceTier": {"type": "what is this"}}, "standard"),
        ({"performanceConfig": {"latency": "optimized"}}, "latency_optimized"),
        ({"performanceConfig": {"latency": "standard"}}, "standard"),
        ({}, "standard"),
        (None, "standard"),
    ],
)
def test_the_service_tier_is_the_one_that_served_a_converse_call(body: Any, tier: str) -> None:
    record = a_record(output={"outputTokenCount": 100, "outputBodyJson": body})

    assert evidence_of_one(record).tier == tier


MESSAGE_START = {"type": "message_start", "message": {"usage": {"service_tier": "priority"}}}


@pytest.mark.parametrize(
    ("operation", "body", "tier"),
    [
        ("ChatCompletions", {"service_tier": "flex"}, "flex"),
        ("ChatCompletions", [{"service_tier": "priority"}, "[DONE]"], "priority"),
        ("Responses", {"service_tier": "flex"}, "flex"),
        (
            "Responses",
            [{"response": {"service_tier": "auto"}}, {"response": {"service_tier": "flex"}}],
            "flex",
        ),
        ("InvokeModel", {"service_tier": "flex", "usage": {"prompt_tokens": 1}}, "flex"),
        ("InvokeModel", {"usage": {"service_tier": "priority"}}, "priority"),
        (STREAM, [MESSAGE_START, {"type": "message_stop"}], "priority"),
        (STREAM, ["[DONE]", MESSAGE_START, {"type": "ping"}, {}], "priority"),
    ],
)
def test_the_service_tier_is_read_wherever_an_answer_states_it(
    operation: str, body: Any, tier: str
) -> None:
    record = a_record(operation=operation, output={"outputTokenCount": 100, "outputBodyJson": body})

    evidence = evidence_of_one(record)

    assert (evidence.tier, evidence.assumptions) == (tier, [])


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("Converse", {"serviceTier": {"type": "default"}}),
        ("Converse", {"serviceTier": {"type": "standard"}}),
        ("InvokeModel", {"usage": {"service_tier": "standard"}}),
        ("ChatCompletions", {"service_tier": "default"}),
    ],
)
def test_a_standard_tier_that_is_stated_is_no_assumption(operation: str, body: Any) -> None:
    record = a_record(operation=operation, output={"outputTokenCount": 100, "outputBodyJson": body})

    evidence = evidence_of_one(record)

    assert (evidence.tier, evidence.assumptions) == ("standard", [])


@pytest.mark.parametrize(
    ("operation", "body"),
    [
        ("InvokeModel", None),
        ("InvokeModel", {"usage": {"input_tokens": 1}}),
        ("ChatCompletions", {"service_tier": "auto"}),
        ("Converse", {"service_tier": "flex", "usage": {"service_tier": "flex"}}),
        ("Converse", {"serviceTier": {"type": "no such word"}}),
    ],
)
def test_a_tier_that_nobody_states_is_standard_and_the_charge_says_so(
    operation: str, body: Any
) -> None:
    record = a_record(operation=operation, output={"outputTokenCount": 100, "outputBodyJson": body})

    evidence = evidence_of_one(record)

    assert (evidence.tier, evidence.assumptions) == ("standard", ["tier_standard"])


def test_a_model_cannot_choose_its_tier_by_what_it_answers() -> None:
    body = {"serviceTier": {"type": "flex"}, "performanceConfig": {"latency": "optimized"}}
    record = a_record(operation="InvokeModel", output={"outputBodyJson": body})

    assert evidence_of_one(record).tier == "standard"


def test_optimised_latency_may_stand_in_the_record() -> None:
    assert evidence_of_one(a_record(performanceConfig={"latency": "optimized"})).tier == (
        "latency_optimized"
    )


def test_latencies_are_read_from_inline_bodies() -> None:
    converse = a_record(output={"outputBodyJson": {"metrics": {"latencyMs": 858}}})
    metrics = {"invocationLatency": 8129, "firstByteLatency": 2154}
    stream = a_record(
        operation=STREAM,
        output={"outputBodyJson": [{}, {"amazon-bedrock-invocationMetrics": metrics}]},
    )

    assert evidence_of_one(converse)[14:16] == (858, None)
    assert evidence_of_one(stream)[14:16] == (8129, 2154)
    assert evidence_of_one(a_record())[14:16] == (None, None)


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ({"model": "claude-sonnet-5", "usage": {}}, "claude-sonnet-5"),
        ([{"type": "message_start", "message": {"model": "claude-sonnet-5"}}], "claude-sonnet-5"),
        (
            {"trace": {"promptRouter": {"invokedModelId": "arn:aws:bedrock:::m"}}},
            "arn:aws:bedrock:::m",
        ),
        ({"model": "a sentence, not a model"}, None),
        ({}, None),
    ],
)
def test_the_body_names_the_model_behind_an_opaque_id(body: Any, model: str | None) -> None:
    arn = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl"
    record = a_record(modelId=arn, operation="InvokeModel", output={"outputBodyJson": body})

    assert evidence_of_one(record).body_model == model


def test_the_body_is_not_asked_where_the_id_names_the_model() -> None:
    assert evidence_of_one(a_record(output={"outputBodyJson": {"model": "m"}})).body_model is None


NOVA_2 = "us.amazon.nova-2-lite-v1:0"
OFFERED = {"toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]}}
SEARCH = {"toolUse": {"toolUseId": "t", "name": "nova_grounding", "type": "server_tool_use"}}
OWN_TOOL = {"toolUse": {"toolUseId": "t", "name": "nova_grounding", "type": "tool_use"}}


def a_search(request: Any, *content: Any, **changes: Any) -> dict[str, Any]:
    """A call to Nova 2 with this request, and an answer of these blocks; None: not inline."""
    given = {"inputTokenCount": 10, **({"inputBodyJson": request} if request else {})}
    answer = {"output": {"message": {"content": list(content)}}}
    body = {} if content == (None,) else {"outputBodyJson": answer}
    output = {"outputTokenCount": 5, **body}
    return a_record(modelId=NOVA_2, input=given, output=output, **changes)


class TestWebGrounding:
    """Searches of nova_grounding are billed beside the tokens."""

    @pytest.mark.parametrize("request_body", [OFFERED, None], ids=["inline", "not inline"])
    def test_each_search_that_the_answer_shows_is_counted(self, request_body: Any) -> None:
        evidence = evidence_of_one(a_search(request_body, SEARCH, {"text": "so"}, SEARCH))

        assert evidence.usage == {"input_tokens": 10, "output_tokens": 5, "grounding_requests": 2}
        assert evidence.counts == PRESENT

    def test_a_tool_that_was_offered_and_not_used_costs_nothing(self) -> None:
        evidence = evidence_of_one(a_search(OFFERED, {"text": "I know this."}))

        assert evidence.usage == {"input_tokens": 10, "output_tokens": 5}
        assert assumed_of(evidence) == []

    def test_where_the_answer_is_not_inline_the_charge_is_not_whole(self) -> None:
        evidence = evidence_of_one(a_search(OFFERED, None))

        assert evidence.counts == ABSENT
        assert assumed_of(evidence) == ["grounding_not_logged"]

    @pytest.mark.parametrize(
        "record",
        [
            a_search(OFFERED, OWN_TOOL),
            a_search({"messages": [{"content": [{"text": "what is nova_grounding?"}]}]}, {}),
            a_search({"messages": "nova_grounding"}, None),
            a_search({"toolConfig": "nova_grounding"}, None),
            a_search(OFFERED, SEARCH) | {"modelId": "us.amazon.nova-lite-v1:0"},
            a_search(OFFERED, 7),
        ],
        ids=["own tool", "text", "odd", "odd config", "another model", "odd answer"],
    )
    def test_what_only_looks_like_it_counts_nothing(self, record: Any) -> None:
        evidence = evidence_of_one(record)

        assert evidence.usage == {"input_tokens": 10, "output_tokens": 5}
        assert evidence.counts == PRESENT


ROUTER = "arn:aws:bedrock:us-east-1:111122223333:default-prompt-router/anthropic.claude:1"
CHOSEN = "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-sonnet-4-6"


def test_a_router_names_the_model_that_answered() -> None:
    body = {"trace": {"promptRouter": {"invokedModelId": CHOSEN}}}
    record = a_record(modelId=ROUTER, output={"outputTokenCount": 1, "outputBodyJson": body})

    evidence = evidence_of_one(record)

    assert (evidence.model_id, evidence.body_model) == (ROUTER, CHOSEN)
    assert assumed_of(evidence) == ["routed_model"]


def test_a_rerank_of_a_knowledge_base_is_logged_without_counts() -> None:
    record = an_invocation(
        "arn:aws:bedrock:us-west-2::foundation-model/amazon.rerank-v1:0",
        {"query": "q", "documents": ["d"] * 3},
    )

    assert evidence_of_one(record).usage == {"search_units": 1}
