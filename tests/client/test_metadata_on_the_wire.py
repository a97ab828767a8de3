"""What really leaves the process: metadata in both forms, signed, and nothing when throttled."""

import json

import pytest

from bedrock_meter_client import BadMetadata, TenantThrottled, attach, detach

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]
HEADER = "x-amzn-bedrock-request-metadata"


def converse(client, **more):
    return client.converse(modelId=MODEL, messages=MESSAGES, **more)


def invoke(client, **more):
    return client.invoke_model(modelId=MODEL, body=b'{"prompt": "hello"}', **more)


def test_converse_carries_the_tenant_in_its_body(stub, bedrock):
    attach(bedrock, tenant="acme", metadata={"application": "search"})

    converse(bedrock)

    body = json.loads(stub.requests[0]["body"])
    assert body["requestMetadata"] == {"application": "search", "tenantId": "acme"}


def test_invoke_carries_the_tenant_in_a_header_that_is_signed(stub, bedrock):
    attach(bedrock, tenant="acme", metadata={"application": "search"})

    invoke(bedrock)

    headers = stub.requests[0]["headers"]
    assert json.loads(headers[HEADER]) == {"application": "search", "tenantId": "acme"}
    assert HEADER in headers["authorization"].split("SignedHeaders=")[1].split(",")[0].split(";")


@pytest.mark.parametrize("operation", ["converse_stream", "invoke_model_with_response_stream"])
def test_streams_carry_the_tenant_too(stub, bedrock, operation):
    attach(bedrock, tenant="acme")
    content = {"messages": MESSAGES} if operation == "converse_stream" else {"body": b"{}"}

    answer = getattr(bedrock, operation)(modelId=MODEL, **content)
    answer["stream" if "stream" in answer else "body"].close()

    sent = stub.requests[0]
    metadata = sent["headers"].get(HEADER) or json.dumps(
        json.loads(sent["body"])["requestMetadata"]
    )
    assert json.loads(metadata) == {"tenantId": "acme"}


def test_a_calls_own_metadata_stays_and_the_tenant_cannot_be_replaced(stub, bedrock):
    attach(bedrock, tenant="acme")
    own = {"user": "u1", "tenantId": "somebody-else"}

    converse(bedrock, requestMetadata=own)
    invoke(bedrock, requestMetadata=json.dumps(own))

    expected = {"user": "u1", "tenantId": "acme"}
    assert json.loads(stub.requests[0]["body"])["requestMetadata"] == expected
    assert json.loads(stub.requests[1]["headers"][HEADER]) == expected


def test_a_gateway_names_the_tenant_of_each_call(stub, bedrock):
    tenants = iter(["acme", "globex"])
    attach(bedrock, tenant=lambda: next(tenants))

    converse(bedrock)
    invoke(bedrock)

    assert json.loads(stub.requests[0]["body"])["requestMetadata"]["tenantId"] == "acme"
    assert json.loads(stub.requests[1]["headers"][HEADER])["tenantId"] == "globex"


def test_attaching_again_replaces_and_detaching_removes(stub, bedrock):
    attach(bedrock, tenant="acme")
    attach(bedrock, tenant="globex")
    invoke(bedrock)
    detach(bedrock)
    invoke(bedrock)

    assert json.loads(stub.requests[0]["headers"][HEADER]) == {"tenantId": "globex"}
    assert HEADER not in stub.requests[1]["headers"]


@pytest.mark.parametrize("tenant", ["müller", 'a"b', "x" * 257])
def test_an_id_that_bedrock_would_refuse_is_refused_at_once(bedrock, tenant):
    with pytest.raises(BadMetadata):
        attach(bedrock, tenant=tenant)


def test_more_entries_than_bedrock_takes_are_refused_at_once(bedrock):
    with pytest.raises(BadMetadata, match="17 entries"):
        attach(bedrock, tenant="acme", metadata={f"key{n}": "x" for n in range(16)})


@pytest.mark.parametrize("call", [converse, invoke])
def test_a_throttled_call_never_reaches_bedrock(stub, bedrock, dynamodb, call):
    stub.put("acme")
    attach(bedrock, tenant="acme", flags="flags", dynamodb=dynamodb)

    with pytest.raises(TenantThrottled) as caught:
        call(bedrock)

    assert stub.requests == []
    assert caught.value.reason == "104 % of the daily budget"
    assert (caught.value.level, caught.value.action, caught.value.version) == ("red", "block", 17)
    assert 215 <= caught.value.retry_after <= 221


def test_another_tenant_is_not_held_back(stub, bedrock, dynamodb):
    stub.put("globex")
    attach(bedrock, tenant="acme", flags="flags", dynamodb=dynamodb)

    converse(bedrock)

    assert len(stub.requests) == 1


def test_what_a_call_really_used_is_counted(stub, bedrock, dynamodb):
    limits = {"tokens_per_minute": 6000}  # A burst of 1,000.
    stub.put("acme", action="slow", level="orange", limits=limits)
    attach(bedrock, tenant="acme", flags="flags", dynamodb=dynamodb)

    converse(bedrock)  # Uses 1,000 tokens, as the answer says.

    with pytest.raises(TenantThrottled, match="slowed down"):
        converse(bedrock)
    assert len(stub.requests) == 1
