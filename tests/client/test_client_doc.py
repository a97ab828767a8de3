"""The page about the client library: its examples run, and what it says is so."""

import asyncio
import json
import re
from pathlib import Path

import pytest

from bedrock_meter.domain.policy.attribution import attribution_for
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter_client import BadMetadata, attach, faults, reader, tokens
from tests.client.applications import MESSAGES, MODEL

PAGE = (Path(__file__).parents[2] / "docs/client.md").read_text()
FIRST, ASYNCIO, ALARM = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)


@pytest.fixture
def names(stub, monkeypatch):
    """What the examples take for given, and what they did with it."""
    for name, value in (
        ("AWS_ENDPOINT_URL", stub.url),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ):
        monkeypatch.setenv(name, value)
    heard = []
    return {
        "FLAGS_TABLE": "flags",
        "MODEL": MODEL,
        "messages": MESSAGES,
        "retry_later": lambda *what: heard.append(what),
        "count": lambda name, **what: heard.append((name, what)),
        "heard": heard,
    }


def test_the_first_example_calls_and_learns_when_to_try_again(stub, names):
    exec(FIRST, names)
    assert (len(stub.requests), names["heard"]) == (1, [])

    stub.put("acme")
    exec(FIRST, names)
    names["bedrock"].close()

    ((wait, reason),) = names["heard"]
    assert (len(stub.requests), reason) == (1, "104 % of the daily budget")
    assert 215 <= wait <= 221


def test_the_example_for_asyncio_calls(stub, names):
    exec(FIRST, names)
    exec(ASYNCIO, names)

    answer = asyncio.run(names["ask"]())
    names["bedrock"].close()

    assert answer["stopReason"] == "end_turn"
    assert len(stub.requests) == 2


def test_the_example_of_an_alarm_counts(stub, names):
    stub.refuse("AccessDeniedException")
    exec(FIRST, names)
    exec(ALARM, names)

    names["bedrock"].converse(modelId=MODEL, messages=MESSAGES)
    names["bedrock"].close()

    assert names["heard"] == [("FlagFaults", {"kind": "refused"})]


def test_the_page_names_every_kind_of_fault_and_no_other():
    (table,) = re.findall(r"\| kind \|.*?\n\n", PAGE, flags=re.DOTALL)

    assert set(re.findall(r"^\| `(\w+)`", table, flags=re.MULTILINE)) == set(faults.KINDS)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("an image is {:,}", tokens.IMAGE),
        ("({:,} at the most;", tokens.MOST_OF_FILES),
        ("; {:,} for one in S3", tokens.ELSEWHERE),
        ("`maxTokens`, or {}", tokens.USUAL_OUTPUT),
        ("every {:.0f} s (± 20 %) while green", reader.GREEN_SECONDS),
        ("every {:.0f} s otherwise", reader.NOT_GREEN_SECONDS),
        ("Up to {:,} tenants", reader.MOST_TENANTS),
    ],
)
def test_the_page_knows_the_numbers(text, number):
    assert text.format(number) in PAGE


def test_an_entry_under_an_earlier_key_of_the_policy_counts_instead_of_the_tenant(stub, bedrock):
    policy = Policy.from_document({"attribution": {"tenant_keys": ["customer", "tenantId"]}})
    own = {"customer": "somebody-else"}

    counted = []
    for key in ("tenantId", "customer"):
        attach(bedrock, tenant="acme", tenant_key=key)
        bedrock.converse(modelId=MODEL, messages=MESSAGES, requestMetadata=own)
        metadata = json.loads(stub.requests[-1]["body"])["requestMetadata"]
        counted.append(
            attribution_for(policy, metadata=metadata, profile=None, principal="").tenant
        )

    assert counted == ["somebody-else", "acme"]


@pytest.mark.parametrize(
    "metadata",
    [{f"key{n}": "x" for n in range(16)}, {"k": "x" * 257}, {"k": "é"}, {"k": "a\u00a0b"}],
)
def test_metadata_that_bedrock_would_refuse_is_an_error_of_attach(bedrock, metadata):
    with pytest.raises(BadMetadata):
        attach(bedrock, tenant="acme", metadata=metadata)
