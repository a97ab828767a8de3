"""An asyncio application (aiobotocore): nothing stands still while a flag is read."""

import asyncio
import json
import threading
import time
from contextvars import ContextVar

import pytest

from bedrock_meter_client import FlagReader, TenantGate, TenantThrottled, attach, detach
from tests.client.applications import MESSAGES, MODEL, AsyncApplication, async_session, identity
from tests.client.conftest import NOW

HEADER = "x-amzn-bedrock-request-metadata"


@pytest.fixture
def application(stub):
    application = AsyncApplication(stub.url)
    yield application
    application.close()


async def longest_pause(work):
    """Do some work; tell how long another coroutine, which always wants to go on, had to wait."""
    longest, last = 0.0, time.monotonic()
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.sleep(0.005)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    return longest, await task


def test_calls_are_marked_checked_and_counted(stub, application, dynamodb):
    limits = {"tokens_per_minute": 6000}  # A burst of 1,000, which one call uses.
    stub.put("acme", action="slow", level="orange", limits=limits)
    attach(application.client, tenant="acme", flags="flags", dynamodb=dynamodb)

    application.converse()
    with pytest.raises(TenantThrottled, match="slowed down"):
        application.invoke()
    detach(application.client)
    application.invoke()

    assert json.loads(stub.requests[0]["body"])["requestMetadata"] == {"tenantId": "acme"}
    assert HEADER not in stub.requests[1]["headers"]


def test_streams_carry_the_tenant_and_are_stopped(stub, application, dynamodb):
    async def ask():
        answer = await application.client.converse_stream(modelId=MODEL, messages=MESSAGES)
        answer["stream"].close()
        answer = await application.client.invoke_model_with_response_stream(
            modelId=MODEL, body=b"{}"
        )
        answer["body"].close()

    attach(application.client, tenant="acme")
    application.run(ask())
    stub.put("acme")
    attach(application.client, tenant="acme", flags="flags", dynamodb=dynamodb)
    with pytest.raises(TenantThrottled):
        application.run(ask())

    assert json.loads(stub.requests[0]["body"])["requestMetadata"] == {"tenantId": "acme"}
    assert json.loads(stub.requests[1]["headers"][HEADER]) == {"tenantId": "acme"}
    assert len(stub.requests) == 2


def test_a_slow_table_holds_up_its_own_call_and_no_other_coroutine(stub, application, dynamodb):
    stub.delay = 1.0
    stub.put("acme")
    attach(application.client, tenant="acme", flags="flags", dynamodb=dynamodb)

    async def ask():
        began = time.monotonic()
        with pytest.raises(TenantThrottled):
            await application.client.converse(modelId=MODEL, messages=MESSAGES)
        return time.monotonic() - began

    pause, waited = application.run(longest_pause(ask()))

    assert waited >= 1.0
    assert pause < 0.5


def test_a_table_that_never_answers_costs_a_call_two_seconds_and_the_loop_nothing(
    stub, application, dynamodb
):
    stub.delay = 6.0
    attach(application.client, tenant="acme", flags="flags", dynamodb=dynamodb)

    async def ask():
        began = time.monotonic()
        await application.client.converse(modelId=MODEL, messages=MESSAGES)
        return time.monotonic() - began

    pause, waited = application.run(longest_pause(ask()))

    assert 1.9 < waited < 2.7
    assert pause < 0.5


def test_a_hundred_coroutines_share_one_read(stub, application, dynamodb):
    stub.delay = 0.2
    stub.put("acme")
    gate = TenantGate(FlagReader(dynamodb, "flags"))

    async def check():
        with pytest.raises(TenantThrottled):
            await gate.acheck("acme")

    async def all_of_them():
        await asyncio.gather(*(check() for _ in range(100)))

    application.run(all_of_them())

    assert stub.reads == 1


def test_a_coroutine_that_is_cancelled_while_it_waits_harms_no_other(stub, application, dynamodb):
    stub.delay = 0.3
    stub.put("acme")
    gate = TenantGate(FlagReader(dynamodb, "flags"))

    async def both():
        first = asyncio.ensure_future(gate.acheck("acme"))
        second = asyncio.ensure_future(gate.acheck("acme"))
        await asyncio.sleep(0.1)
        first.cancel()
        return await asyncio.gather(first, second, return_exceptions=True)

    cancelled, throttled = application.run(both())

    assert isinstance(cancelled, asyncio.CancelledError)
    assert isinstance(throttled, TenantThrottled)


def test_a_loop_that_is_closed_meanwhile_harms_no_read(stub, dynamodb):
    stub.delay = 0.3
    stub.put("acme")
    gate = TenantGate(FlagReader(dynamodb, "flags", wall=lambda: NOW))

    async def impatient():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(gate.acheck("acme"), 0.05)

    asyncio.run(impatient())

    with pytest.raises(TenantThrottled):
        gate.check("acme")
    assert stub.reads == 1


def test_threads_and_coroutines_may_share_a_gate(stub, dynamodb):
    stub.delay = 0.2
    stub.put("acme")
    gate = TenantGate(FlagReader(dynamodb, "flags"))
    refused = []

    def check():
        try:
            gate.check("acme")
        except TenantThrottled as error:
            refused.append(error)

    async def acheck():
        with pytest.raises(TenantThrottled):
            await gate.acheck("acme")

    thread = threading.Thread(target=check)
    thread.start()
    asyncio.run(acheck())
    thread.join()

    assert (len(refused), stub.reads) == (1, 1)


def test_each_task_is_its_own_tenant(stub, application, dynamodb):
    tenant = ContextVar("tenant")
    stub.put("globex")
    attach(application.client, tenant=tenant.get, flags="flags", dynamodb=dynamodb)

    async def ask(name):
        tenant.set(name)
        await application.client.converse(modelId=MODEL, messages=MESSAGES)

    async def both():
        return await asyncio.gather(ask("acme"), ask("globex"), return_exceptions=True)

    free, stopped = application.run(both())

    assert free is None
    assert (type(stopped), stopped.tenant) == (TenantThrottled, "globex")
    metadata = [json.loads(request["body"])["requestMetadata"] for request in stub.requests]
    assert metadata == [{"tenantId": "acme"}]


def test_an_asyncio_client_cannot_read_flags_and_the_error_says_which_can(stub, application):
    async def try_it():
        async with async_session().create_client("dynamodb", **identity(stub.url)) as dynamodb:
            with pytest.raises(TypeError, match=r"asyncio client; it must be boto3\.client"):
                attach(application.client, tenant="acme", flags="flags", dynamodb=dynamodb)

    application.run(try_it())
