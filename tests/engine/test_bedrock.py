"""The stand-in for Bedrock: it answers real clients, and notes what Bedrock's log would say."""

from typing import Any

import boto3
import pytest

from bedrock_meter_client import attach
from engine.bedrock import ANSWER, BedrockStandIn, answering

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "How far is the moon?"}]}]
METADATA = {"application": "chat", "tenantId": "acme"}


@pytest.fixture
def bedrock() -> Any:
    with answering(input_tokens=70, output_tokens=30) as stand_in:
        yield stand_in


@pytest.fixture
def client(bedrock: BedrockStandIn) -> Any:
    made = boto3.client(
        "bedrock-runtime",
        endpoint_url=bedrock.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    yield attach(made, tenant="acme", metadata={"application": "chat"})
    made.close()


def test_both_kinds_of_call_are_noted_with_their_metadata(
    client: Any, bedrock: BedrockStandIn
) -> None:
    answer = client.converse(modelId=MODEL, messages=MESSAGES)
    client.invoke_model(modelId=MODEL, body=b"{}")

    assert answer["output"]["message"]["content"] == [{"text": ANSWER}]
    assert answer["usage"]["totalTokens"] == 100
    assert [(call.operation, call.model, call.metadata) for call in bedrock.calls] == [
        ("Converse", MODEL, METADATA),
        ("InvokeModel", MODEL, METADATA),
    ]


def test_a_call_is_written_down_as_the_log_does(client: Any, bedrock: BedrockStandIn) -> None:
    client.converse(modelId=MODEL, messages=MESSAGES)

    record = bedrock.calls[0].record()

    assert (record["modelId"], record["requestMetadata"]) == (MODEL, METADATA)
    assert record["input"]["inputTokenCount"] == 70
    assert record["output"]["outputTokenCount"] == 30
    assert record["timestamp"].endswith("Z")
