"""How many tokens a call is taken for before it is made, and what corrects it."""

import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter_client import TenantThrottled, attach
from bedrock_meter_client.tokens import estimate
from tests.client.applications import MODEL

MEGABYTE = 1_000_000


def of(content, **more):
    """Estimate a Converse call that asks for no token of output."""
    asked = {"inferenceConfig": {"maxTokens": 0}, **more}
    return estimate("ConverseStream", {"messages": [{"content": content}], **asked})


def of_body(body):
    return estimate("InvokeModelWithResponseStream", {"body": body})


def document(content):
    return {"document": {"source": {"bytes": content}}}


def test_a_large_document_and_the_answer_it_asks_for_count():
    content = [document(b"x" * 5 * MEGABYTE)]

    tokens = of(content, inferenceConfig={"maxTokens": 64_000})

    assert 264_000 <= tokens <= 264_100


def test_four_characters_of_any_text_are_a_token():
    long = "x" * 4000

    alone = of([{"text": ""}])

    assert of([{"text": long}]) == alone + 1000
    assert of([{"text": ""}], system=[{"text": long}]) >= alone + 1000
    assert of([{"text": ""}], toolConfig={"tools": [{"toolSpec": {long: 1}}]}) >= alone + 1000
    assert of([{"toolResult": {"content": [{"json": {"a": [long]}}]}}]) >= alone + 1000


def test_documents_count_by_their_bytes_up_to_the_context_of_a_usual_model():
    assert 1000 <= of([document(b"x" * 4000)]) <= 1020
    assert 200_000 <= of([document(b"x" * MEGABYTE)] * 5) <= 200_200


def test_an_image_counts_as_one_however_many_bytes_it_has():
    small, large = ({"image": {"source": {"bytes": b"x" * size}}} for size in (10, MEGABYTE))

    assert of([small]) == of([large])
    assert 3200 <= of([small, large]) <= 3220


def test_a_file_that_lies_in_s3_has_an_assumed_size():
    place = {"video": {"source": {"s3Location": {"uri": "s3://bucket/key"}}}}

    assert 20_000 <= of([place]) <= 20_020


@pytest.mark.parametrize(
    "limit",
    [
        "max_tokens",
        "max_tokens_to_sample",
        "max_completion_tokens",
        "max_new_tokens",
        "max_gen_len",
        "maxTokens",
        "maxTokenCount",
    ],
)
@pytest.mark.parametrize("made", [str, str.encode, lambda text: bytearray(text.encode())])
def test_the_limit_of_the_answer_is_found_in_a_body_of_any_maker(limit, made):
    body = json.dumps({"inferenceConfig": {limit: 64_000}, "prompt": "x" * 4000})

    assert 65_000 <= of_body(made(body)) <= 65_020


def test_a_prompt_that_speaks_of_limits_sets_none():
    body = json.dumps({"prompt": 'say "max_tokens": 99999', "max_tokens": 10})

    assert of_body(body.encode()) < 50


def test_a_body_counts_by_its_bytes_up_to_the_context_of_a_usual_model():
    assert of_body(b"x" * 20 * MEGABYTE) == 200_500


def test_of_a_file_counts_what_is_left_to_read_and_it_stays_where_it_is():
    file = io.BytesIO(b"x" * 5000)
    file.seek(1000)

    assert of_body(file) == 1000 + 500
    assert file.tell() == 1000


@pytest.mark.parametrize("asked", [None, True, "64000", 1.5, []])
def test_without_a_limit_the_answer_is_taken_for_a_usual_one(asked):
    assert of([], inferenceConfig={"maxTokens": asked}) == of([]) + 500
    assert of([], inferenceConfig=asked) == of([]) + 500


def test_no_call_counts_as_less_than_nothing_or_more_than_a_million_of_answer():
    assert of([], inferenceConfig={"maxTokens": -(10**9)}) == of([])
    assert of([], inferenceConfig={"maxTokens": 10**30}) == of([]) + 1_000_000


def test_content_without_end_is_not_read_to_the_end():
    ring, deep = [], []
    ring.append(ring)
    for _ in range(100_000):
        deep = [deep]

    assert of(ring) < 100
    assert of(deep) < 100


@pytest.mark.parametrize("pattern", [b'"max', b'"max_tokens" ', b'"max_tokens":', b'"' * 9])
def test_a_hostile_body_costs_little_time(pattern):
    body = pattern * (4 * MEGABYTE // len(pattern))

    began = time.process_time()
    of_body(body)

    assert time.process_time() - began < 1.5


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.binary(), inner),
        max_leaves=10,
    ),
    st.sampled_from(["Converse", "InvokeModel", "StartAsyncInvoke"]),
)
def test_anything_has_an_estimate(thing, operation):
    params = {"messages": thing, "inferenceConfig": thing, "body": thing}

    assert estimate(operation, params) >= 0


def test_a_stream_with_a_large_document_holds_the_next_call_back(stub, bedrock, dynamodb):
    limits = {"tokens_per_minute": 60_000}
    stub.put("acme", action="slow", limits=limits, expires_at="2026-11-18T12:00:00Z")
    attach(bedrock, tenant="acme", flags="flags", dynamodb=dynamodb)
    content = [{"document": {"format": "pdf", "name": "d", "source": {"bytes": b"x" * MEGABYTE}}}]

    messages = [{"role": "user", "content": content}]
    bedrock.converse_stream(modelId=MODEL, messages=messages)["stream"].close()

    with pytest.raises(TenantThrottled) as caught:
        bedrock.invoke_model(modelId=MODEL, body=b"{}")
    assert caught.value.retry_after == 60


def test_a_call_that_asks_for_less_than_nothing_gives_nothing_back(stub, bedrock, dynamodb):
    stub.put("acme", action="slow", limits={"tokens_per_minute": 6000})
    attach(bedrock, tenant="acme", flags="flags", dynamodb=dynamodb)
    messages = [{"role": "user", "content": [{"text": "hello"}]}]
    bedrock.converse(modelId=MODEL, messages=messages)  # Uses the burst of 1,000.

    for _ in range(2):
        with pytest.raises(TenantThrottled):
            bedrock.converse(
                modelId=MODEL, messages=messages, inferenceConfig={"maxTokens": -(10**9)}
            )
    with pytest.raises(TenantThrottled):
        bedrock.converse(modelId=MODEL, messages=messages)


def test_a_call_that_bedrock_refuses_gives_back_what_it_was_taken_for(stub, bedrock, dynamodb):
    stub.put("acme", action="slow", limits={"tokens_per_minute": 60_000})
    attach(bedrock, tenant="acme", flags="flags", dynamodb=dynamodb)
    messages = [{"role": "user", "content": [{"text": "hello"}]}]
    answered = stub.converse

    stub.converse = 429, {"__type": "ThrottlingException", "message": "slow down"}
    for _ in range(5):
        with pytest.raises(bedrock.exceptions.ThrottlingException):
            bedrock.converse(
                modelId=MODEL, messages=messages, inferenceConfig={"maxTokens": 64_000}
            )
    stub.converse = answered

    bedrock.converse(modelId=MODEL, messages=messages)
