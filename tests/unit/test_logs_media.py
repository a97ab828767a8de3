"""What is not billed by tokens: media, rerank, guardrails; and what a body says beside usage."""

from typing import Any

import pytest

from bedrock_meter.domain.evidence import ABSENT, BLOCKED, PRESENT
from tests.builders import a_record
from tests.log_builders import evidence_of_one

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
    assert evidence.assumptions == assumptions
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
