"""The example application of the documents, as a process of its own, asked over HTTP."""

import json

import pytest

from engine.demo.application import post, running

CHAT = {"application": "chat"}


@pytest.fixture
def chat(stub):
    with running("flags", stub.url, stub.url) as url:
        yield url


def ask(url, tenant="acme"):
    return post(url, {"tenant": tenant, "question": "How far is the moon?"})


def test_each_tenant_is_answered_and_named_in_its_own_call(chat, stub):
    assert ask(chat, "acme") == (200, {"answer": "hello"})
    assert ask(chat, "globex") == (200, {"answer": "hello"})

    metadata = [json.loads(request["body"])["requestMetadata"] for request in stub.requests]
    assert metadata == [{**CHAT, "tenantId": "acme"}, {**CHAT, "tenantId": "globex"}]


def test_a_blocked_tenant_learns_why_and_when_to_try_again_and_nothing_is_sent(chat, stub):
    stub.put("acme")

    status, answer = ask(chat)

    assert (status, answer["error"]) == (429, "104 % of the daily budget")
    assert 0 < answer["retry_after"] <= 220
    assert stub.requests == []
    assert ask(chat, "globex")[0] == 200
