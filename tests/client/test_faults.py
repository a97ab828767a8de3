"""When a flag cannot be read: what calls do, what is logged, and what the operator's hook hears."""

import logging
import socket
from contextlib import contextmanager

import boto3
import pytest
from botocore.config import Config

from bedrock_meter_client import Fault, FlagReader, TenantGate, TenantThrottled, attach
from tests.client.applications import identity
from tests.client.conftest import NOW, PATIENT

SOON = 0.8  # seconds a read may take where the table is slow


def flag(**changes):
    return lambda stub: stub.put("acme", **changes)


def error(code, message="no"):
    return lambda stub: stub.refuse(code, message)


def answer(status, body, kind="application/x-amz-json-1.0"):
    return lambda stub: setattr(stub, "instead", (status, {"Content-Type": kind}, body))


def now(name, value=True):
    return lambda stub: setattr(stub, name, value)


NOT_FOR_YOU = "User: arn:aws:sts::1:assumed-role/app/x is not authorized\nto perform this"
FAULTS = [
    ("table_missing", "no table", error("ResourceNotFoundException")),
    ("refused", "access denied", error("AccessDeniedException", NOT_FOR_YOU)),
    ("refused", "expired", error("ExpiredTokenException")),
    ("refused", "unknown key", error("UnrecognizedClientException")),
    ("busy", "too many reads", error("ProvisionedThroughputExceededException")),
    ("busy", "throttled", error("ThrottlingException")),
    ("failed", "status 500", now("down")),
    ("failed", "bad request", error("ValidationException")),
    ("failed", "a list", answer(200, b'["no", "map"]')),
    ("failed", "a page", answer(200, b"<html>a proxy</html>", "text/html")),
    ("failed", "a refusing page", answer(403, b"<html>a proxy</html>", "text/html")),
    ("network", "hangs up", now("hang_up")),
    ("slow", "slow", now("delay", 2 * SOON)),
    ("malformed", "unknown action", flag(action="shadow")),
    ("malformed", "unknown level", flag(level="purple")),
    ("malformed", "wrong version", flag(version="x")),
    ("malformed", "null limits", flag(limits=None)),
    ("malformed", "a number that is none", answer(200, b'{"Item": {"version": {"N": "many"}}}')),
    ("malformed", "a type that is none", answer(200, b'{"Item": {"version": {"X": "1"}}}')),
]
CASES = [pytest.param(kind, fault, id=name) for kind, name, fault in FAULTS]


@pytest.fixture
def heard():
    return []


@pytest.fixture
def attached(application, dynamodb, clock, heard):
    """Attach the application to a gate that reads the stub, soon."""

    def attach_it(when_unknown="open", kind=""):
        reader = FlagReader(
            dynamodb,
            "flags",
            on_fault=heard.append,
            read_seconds=SOON if kind == "slow" else PATIENT,
            monotonic=clock,
            wall=lambda: NOW,
        )
        gate = TenantGate(reader, when_unknown=when_unknown, monotonic=clock)
        attach(application.client, tenant="acme", gate=gate)
        return application

    return attach_it


@pytest.mark.parametrize(("kind", "fault"), CASES)
def test_calls_pass_and_both_the_log_and_the_hook_tell_why(
    stub, attached, heard, warnings_of, kind, fault
):
    fault(stub)
    application = attached(kind=kind)

    for _ in range(10):
        application.converse()

    assert len(stub.requests) == 10
    assert [fault.kind for fault in heard] == [kind]
    assert heard[0].tenant == "acme"
    assert len(warnings_of()) == 1
    assert warnings_of()[0].startswith("the flag of tenant 'acme' cannot be read: ")
    assert "\n" not in warnings_of()[0]


@pytest.mark.parametrize(("kind", "fault"), CASES)
def test_calls_stop_where_the_operator_chose_so(stub, attached, heard, kind, fault):
    fault(stub)
    application = attached("closed", kind)

    for call in (application.converse, application.invoke):
        with pytest.raises(TenantThrottled, match="cannot be read"):
            call()

    assert stub.requests == []
    assert [fault.kind for fault in heard] == [kind]


@pytest.mark.parametrize(("kind", "fault"), CASES)
def test_a_good_copy_counts_for_five_minutes_and_then_its_stale_rule(
    stub, attached, clock, kind, fault
):
    stub.put("acme", stale_rule="open", expires_at="2026-11-18T12:00:00Z")
    application = attached("closed", kind)
    with pytest.raises(TenantThrottled):
        application.converse()

    fault(stub)
    clock.at += 290
    with pytest.raises(TenantThrottled, match="104 %"):
        application.converse()

    clock.at += 300
    application.converse()
    assert len(stub.requests) == 1


@pytest.mark.parametrize(("kind", "fault"), CASES)
def test_when_the_fault_is_over_flags_are_obeyed_again(stub, attached, clock, kind, fault):
    fault(stub)
    application = attached(kind=kind)
    application.converse()

    stub.instead, stub.down, stub.hang_up, stub.delay = None, False, False, 0.0
    stub.put("acme")
    clock.at += 70

    with pytest.raises(TenantThrottled, match="104 %"):
        application.converse()


def test_a_fault_that_lasts_is_warned_of_once_in_five_minutes(
    stub, attached, clock, heard, warnings_of
):
    stub.refuse("ResourceNotFoundException")
    application = attached()

    for _ in range(300):  # ten minutes
        application.converse()
        clock.at += 2

    assert len(warnings_of()) == 2
    assert "there is no table 'flags' in this account and Region" in warnings_of()[0]
    assert "more like this since the last warning" in warnings_of()[1]
    assert 40 <= len(heard) <= 75  # each read that failed, about one in ten seconds


def test_one_dead_table_is_one_warning_however_many_tenants_call(
    stub, dynamodb, clock, warnings_of
):
    stub.refuse("AccessDeniedException")
    gate = TenantGate(FlagReader(dynamodb, "flags", read_seconds=PATIENT, monotonic=clock))

    for number in range(50):
        gate.check(f"tenant-{number}")

    assert len(warnings_of()) == 1


def test_a_table_that_cannot_be_reached_is_a_fault_of_the_network(attached, heard, application):
    with a_closed_port() as url:
        dynamodb = boto3.client(
            "dynamodb", **identity(url), config=Config(retries={"total_max_attempts": 1})
        )
        attach(
            application.client,
            tenant="acme",
            flags="flags",
            dynamodb=dynamodb,
            on_fault=heard.append,
        )
        application.converse()
        dynamodb.close()

    assert [fault.kind for fault in heard] == ["network"]


def test_without_credentials_the_fault_is_called_refused(stub, application, heard, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    dynamodb = boto3.session.Session().client(
        "dynamodb", endpoint_url=stub.url, region_name="us-east-1"
    )
    attach(
        application.client, tenant="acme", flags="flags", dynamodb=dynamodb, on_fault=heard.append
    )

    application.converse()
    dynamodb.close()

    assert [(fault.kind, "credentials" in fault.message) for fault in heard] == [("refused", True)]


def test_a_tenant_function_that_fails_is_reported(application, heard, warnings_of):
    def tenant():
        raise LookupError("no tenant was set")

    attach(application.client, tenant=tenant, on_fault=heard.append)

    for _ in range(3):
        application.converse()

    assert [fault.kind for fault in heard] == ["tenant"] * 3
    assert warnings_of() == ["the tenant function failed: LookupError: no tenant was set"]


def test_metadata_that_is_left_out_is_reported_without_its_value(application, heard, warnings_of):
    attach(application.client, tenant="acme", on_fault=heard.append)

    application.converse(requestMetadata={"user": "jörg@example.com"})

    assert [fault.kind for fault in heard] == ["metadata"]
    assert "'user'" in warnings_of()[0]
    assert "example.com" not in warnings_of()[0]


@pytest.mark.parametrize("raised", [ValueError("no"), TenantThrottled("acme", "no", 1)])
def test_a_hook_that_fails_breaks_nothing_and_is_reported(
    stub, application, dynamodb, caplog, raised
):
    def hook(fault):
        raise raised

    stub.refuse("ResourceNotFoundException")
    attach(application.client, tenant="acme", flags="flags", dynamodb=dynamodb, on_fault=hook)

    application.converse()

    assert "on_fault failed" in caplog.text


def test_a_hook_that_is_no_function_is_refused(dynamodb):
    with pytest.raises(TypeError, match="must be a function"):
        FlagReader(dynamodb, "flags", on_fault="metric")


def test_a_log_that_fails_breaks_nothing(stub, application, dynamodb):
    def angry(record):
        raise OSError("disk full")

    stub.refuse("ResourceNotFoundException")
    logger = logging.getLogger("bedrock_meter_client")
    logger.addFilter(angry)
    try:
        attach(application.client, tenant="acme", flags="flags", dynamodb=dynamodb)
        assert application.converse()["stopReason"] == "end_turn"
    finally:
        logger.removeFilter(angry)


def test_a_fault_of_our_own_is_reported_and_breaks_nothing(
    stub, application, dynamodb, heard, monkeypatch
):
    def bug(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("bedrock_meter_client.gate.TenantGate._obey", bug)
    monkeypatch.setattr("bedrock_meter_client.caller.estimate", bug)
    monkeypatch.setattr("bedrock_meter_client.caller.merged", bug)
    monkeypatch.setattr("bedrock_meter_client.caller.merged_header", bug)
    monkeypatch.setattr("bedrock_meter_client.caller.used_in", bug)
    attach(
        application.client, tenant="acme", flags="flags", dynamodb=dynamodb, on_fault=heard.append
    )

    application.converse()
    application.invoke()

    assert {fault.kind for fault in heard} == {"internal"}
    assert isinstance(heard[0], Fault)
    assert isinstance(heard[0].error, ZeroDivisionError)


@contextmanager
def a_closed_port():
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
