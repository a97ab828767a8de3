"""Whatever the table, the flag, the answer or the caller does: the application goes on."""

import copy
import io
import json
import pickle
import sys
import threading

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter_client import TenantGate, TenantThrottled, attach, detach
from bedrock_meter_client.reader import FlagReader
from tests.client.applications import MESSAGES, MODEL, identity
from tests.client.conftest import NOW, PATIENT, a_client, a_flag, typed

HEADER = "x-amzn-bedrock-request-metadata"
ABSENT = object()
BROKEN = [
    *(
        (name, value)
        for name in ("level", "action", "mode", "stale_rule", "reason", "expires_at", "resume_at")
        for value in (ABSENT, None, 7, True, [], {})
    ),
    *(("version", value) for value in (ABSENT, None, "x", "17", True, 0.5, -1, [], {})),
    *(("limits", value) for value in (ABSENT, None, "x", 7, [])),
    *(
        ("limits", {name: value})
        for name in ("requests_per_minute", "tokens_per_minute")
        for value in (None, "x", "30", True, 0.5, -1, [], {})
    ),
    *(("models", value) for value in (ABSENT, None, "x", 7, [], {})),
    *(("models", {"deny": value}) for value in (None, "anthropic.*", 7, {}, [7], [None])),
    *(("then", value) for value in (None, "x", 7, [], {}, {"action": "block"})),
    ("action", "shadow"),
    ("level", "purple"),
    ("mode", "enforced"),
    ("stale_rule", "ajar"),
    ("expires_at", "soon"),
    ("resume_at", "2026-13-01T00:00:00Z"),
]


def broken(name, value):
    """A red, blocking flag, enforced, with one thing wrong."""
    item = a_flag()
    item.pop(name, None)
    return item if value is ABSENT else {**item, name: value}


def named(case):
    name, value = case
    return f"{name} {'absent' if value is ABSENT else json.dumps(value)}"


class Table:
    """A DynamoDB of one item."""

    def __init__(self, item):
        self.item = item

    def get_item(self, **_):
        return {"Item": self.item}


@pytest.fixture
def attached(application, dynamodb, clock):
    """The application, whose gate reads the stub."""
    gate = TenantGate(
        FlagReader(dynamodb, "flags", read_seconds=PATIENT, monotonic=clock, wall=lambda: NOW)
    )
    attach(application.client, tenant="acme", gate=gate)
    return application


@pytest.mark.parametrize("case", BROKEN, ids=named)
def test_a_flag_with_one_thing_wrong_lets_calls_pass_or_stops_them_as_the_operator_chose(
    clock, case
):
    table = Table(typed(broken(*case))["M"])

    gates = {
        rule: TenantGate(
            FlagReader(table, "flags", monotonic=clock, wall=lambda: NOW), when_unknown=rule
        )
        for rule in ("open", "closed")
    }

    gates["open"].check("acme", "a-model", 10)
    with pytest.raises(TenantThrottled, match="cannot be read"):
        gates["closed"].check("acme", "a-model", 10)


@pytest.mark.parametrize("case", BROKEN, ids=named)
def test_a_good_copy_counts_while_its_successor_is_broken(clock, case):
    table = Table(typed(a_flag())["M"])
    gate = TenantGate(FlagReader(table, "flags", monotonic=clock, wall=lambda: NOW))
    with pytest.raises(TenantThrottled):
        gate.check("acme")

    table.item = typed(broken(*case))["M"]
    clock.at += 30

    with pytest.raises(TenantThrottled, match="104 %"):
        gate.check("acme")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(
    changes=st.dictionaries(st.sampled_from([*a_flag(), "then"]), ANYTHING),
    tenant=ANYTHING,
    model=ANYTHING,
    tokens=ANYTHING,
)
def test_no_flag_and_no_argument_makes_the_gate_raise_anything_else(changes, tenant, model, tokens):
    item = {**a_flag(action="slow", limits={"tokens_per_minute": 60}), **changes}
    gate = TenantGate(FlagReader(Table(typed(item)["M"]), "flags", wall=lambda: NOW))

    for _ in range(2):
        try:
            gate.check(tenant, model, tokens)
        except TenantThrottled:
            continue
        gate.used(tenant, tokens, tokens)


@pytest.mark.parametrize("case", [("limits", None), ("expires_at", 7), ("then", "x")], ids=named)
def test_calls_to_bedrock_pass_a_broken_flag(stub, attached, case):
    stub.put_item("acme", broken(*case))

    assert attached.converse()["stopReason"] == "end_turn"
    attached.invoke()

    assert len(stub.requests) == 2


@pytest.mark.parametrize("count", ["7, 7", "", "x", "-1", "7" * 5000, "１２"])
def test_an_answer_with_odd_counts_still_reaches_the_application(stub, attached, count):
    stub.counts = {"x-amzn-bedrock-input-token-count": count.encode().decode("latin-1")}

    assert attached.invoke() == {"content": []}


@pytest.mark.parametrize("usage", [None, {"inputTokens": 1.5}, {"inputTokens": None}, {}])
def test_an_answer_with_odd_usage_still_reaches_the_application(stub, attached, usage):
    stub.put("acme", action="slow", limits={"tokens_per_minute": 6000})
    stub.converse = 200, {**stub.converse[1], "usage": usage}

    assert attached.converse()["stopReason"] == "end_turn"


def test_an_error_of_bedrock_stays_what_it_is_and_uses_no_tokens(stub, attached):
    stub.put("acme", action="slow", limits={"tokens_per_minute": 6000})
    stub.converse = 400, {"__type": "ValidationException", "message": "too long"}

    for _ in range(3):
        with pytest.raises(attached.client.exceptions.ValidationException, match="too long"):
            attached.converse(inferenceConfig={"maxTokens": 5000})


@pytest.mark.parametrize(
    "params",
    [
        {"inferenceConfig": None},
        {"messages": [{b"x": 1}]},
        {"messages": None},
        {"requestMetadata": "text"},
        {"inferenceConfig": {"maxTokens": "many"}},
    ],
)
def test_what_boto_would_refuse_it_refuses_itself(stub, attached, params):
    with pytest.raises(Exception, match="Parameter validation failed") as caught:
        attached.converse(**params)

    assert type(caught.value).__name__ == "ParamValidationError"
    assert stub.requests == []


def test_a_file_can_be_the_body_and_is_sent_whole(stub, bedrock, dynamodb):
    attach(bedrock, tenant="acme", flags="flags", dynamodb=dynamodb)

    bedrock.invoke_model(modelId=MODEL, body=io.BytesIO(b'{"prompt": "hello"}'))

    assert stub.requests[0]["body"] == b'{"prompt": "hello"}'


@pytest.mark.parametrize("own", ["not JSON", '["x"]', "7", '{"user": 7}', '{"": "x"}'])
def test_a_header_nobody_could_read_is_replaced_by_the_tenant(stub, attached, own):
    attached.invoke(requestMetadata=own)

    assert json.loads(stub.requests[0]["headers"][HEADER]) == {"tenantId": "acme"}


def test_where_there_is_no_room_for_the_tenant_an_entry_of_the_call_gives_way(stub, attached):
    own = {f"key{number:02}": "x" for number in range(16)}

    attached.converse(requestMetadata=own)

    metadata = json.loads(stub.requests[0]["body"])["requestMetadata"]
    assert metadata == {**dict(list(own.items())[:15]), "tenantId": "acme"}


def test_a_header_that_is_there_in_another_spelling_is_not_sent_twice(stub, bedrock):
    def own(params, **_):
        params["headers"][HEADER] = '{"tenantId": "evil", "user": "u1"}'

    bedrock.meta.events.register_first("before-call.bedrock-runtime.InvokeModel", own)
    attach(bedrock, tenant="acme")

    bedrock.invoke_model(modelId=MODEL, body=b"{}")

    metadata = json.loads(stub.requests[0]["headers"][HEADER])
    assert metadata == {"tenantId": "acme", "user": "u1"}


def test_a_handler_of_the_application_cannot_take_the_tenant_off(stub, bedrock):
    def own(params, **_):
        return {**params, "requestMetadata": {"user": "u1"}}

    bedrock.meta.events.register("provide-client-params.bedrock-runtime.Converse", own)
    attach(bedrock, tenant="acme")

    bedrock.converse(modelId=MODEL, messages=MESSAGES)

    metadata = json.loads(stub.requests[0]["body"])["requestMetadata"]
    assert metadata == {"tenantId": "acme", "user": "u1"}


def test_a_boto_that_cannot_send_metadata_with_converse_goes_on_without(stub, caplog):
    session = boto3.session.Session()  # It reads the description of Bedrock for itself.
    client = session.client("bedrock-runtime", **identity(stub.url))
    shape = client.meta.service_model.operation_model("Converse").input_shape
    del shape._shape_model["members"]["requestMetadata"]
    attach(client, tenant="acme")

    client.converse(modelId=MODEL, messages=MESSAGES)
    client.close()

    assert "requestMetadata" not in json.loads(stub.requests[0]["body"])
    assert "too old" in caplog.text


def failing():
    raise LookupError("no tenant was set")


@pytest.mark.parametrize(
    "tenant", [failing, lambda: None, lambda: "", lambda: 7, lambda: "x" * 257]
)
def test_a_gateway_that_names_nobody_goes_on_unmarked(stub, application, tenant):
    attach(application.client, tenant=tenant, metadata={"application": "chat"})

    application.converse()
    application.invoke()

    assert json.loads(stub.requests[0]["body"])["requestMetadata"] == {"application": "chat"}
    assert json.loads(stub.requests[1]["headers"][HEADER]) == {"application": "chat"}


def test_a_gateway_that_names_nobody_is_stopped_where_the_operator_chose_so(
    stub, application, dynamodb
):
    attach(
        application.client, tenant=failing, flags="flags", dynamodb=dynamodb, when_unknown="closed"
    )

    with pytest.raises(TenantThrottled):
        application.converse()
    assert stub.requests == []


def test_a_gateway_s_tenant_that_bedrock_would_refuse_is_checked_and_not_marked(
    stub, application, dynamodb
):
    stub.put("blockiert-ü")
    tenants = iter(["frei-ü", "blockiert-ü"])
    attach(application.client, tenant=lambda: next(tenants), flags="flags", dynamodb=dynamodb)

    application.converse()
    with pytest.raises(TenantThrottled):
        application.converse()

    assert json.loads(stub.requests[0]["body"]).get("requestMetadata", {}) == {}


@pytest.mark.parametrize(
    ("tenant", "error"),
    [("", ValueError), (" \n", ValueError), ("x" * 257, ValueError)]
    + [(wrong, TypeError) for wrong in (None, 7, b"acme", ["acme"])],
)
def test_what_is_no_tenant_is_refused_at_once_in_one_line(bedrock, tenant, error):
    with pytest.raises(error, match="tenant") as caught:
        attach(bedrock, tenant=tenant)

    assert "must" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_async_tenant_function_is_refused_at_once(bedrock):
    async def tenant():
        return "acme"

    with pytest.raises(TypeError, match="async"):
        attach(bedrock, tenant=tenant)


@pytest.mark.parametrize("service", ["s3", "dynamodb", "bedrock", "bedrock-agent-runtime"])
def test_a_client_of_another_service_is_refused_at_once(stub, service):
    client = boto3.client(service, **identity(stub.url))

    with pytest.raises(TypeError, match=rf"a client of '{service}', it must be .*bedrock-runtime"):
        attach(client, tenant="acme")
    client.close()


@pytest.mark.parametrize("thing", [None, "bedrock-runtime", object()])
def test_what_is_no_client_is_refused_at_once(thing):
    with pytest.raises(TypeError, match=r"it must be boto3\.client"):
        attach(thing, tenant="acme")
    with pytest.raises(TypeError, match=r"it must be boto3\.client"):
        detach(thing)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"flags": ""}, ValueError),
        ({"flags": 7}, TypeError),
        ({"flags": "flags", "dynamodb": "client"}, TypeError),
        ({"flags": "flags", "when_unknown": "maybe"}, ValueError),
        ({"when_unknown": "closed"}, ValueError),
        ({"gate": "gate"}, TypeError),
        ({"metadata": "application"}, TypeError),
        ({"metadata": {"application": 7}}, ValueError),
        ({"tenant_key": ""}, ValueError),
        ({"tenant_key": None}, ValueError),
    ],
    ids=str,
)
def test_arguments_that_could_only_fail_later_are_refused_at_once(bedrock, dynamodb, wrong, error):
    with pytest.raises(error) as caught:
        attach(bedrock, **{"tenant": lambda: "acme", **wrong})

    assert "\n" not in str(caught.value)


def test_arguments_that_would_not_count_are_refused(bedrock, dynamodb):
    gate = TenantGate(FlagReader(dynamodb, "flags"))

    with pytest.raises(ValueError, match="gate brings its own"):
        attach(bedrock, tenant="acme", gate=gate, when_unknown="closed")
    with pytest.raises(ValueError, match="gate brings its own"):
        attach(bedrock, tenant="acme", gate=gate, flags="flags")


def test_a_client_of_another_service_cannot_read_flags(stub, bedrock):
    with pytest.raises(TypeError, match="'bedrock-runtime'; it must be"):
        FlagReader(bedrock, "flags")


def test_a_resource_reads_flags_as_well_as_a_client_and_a_single_table_is_refused(stub):
    dynamodb = boto3.resource("dynamodb", **identity(stub.url))
    stub.put("acme")

    with pytest.raises(TenantThrottled):
        TenantGate(FlagReader(dynamodb, "flags", wall=lambda: NOW)).check("acme")
    with pytest.raises(TypeError, match="one table; it must be"):
        FlagReader(dynamodb.Table("flags"), "flags")
    dynamodb.meta.client.close()


@pytest.mark.parametrize("copied", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy])
def test_the_error_crosses_processes_whole(copied):
    error = TenantThrottled("acme", "why", 3.5, level="red", action="block", version=17)
    error.add_note("seen by the worker")

    back = copied(error)

    assert back == error
    assert hash(back) == hash(error)
    assert (str(back), vars(back)) == (str(error), vars(error))
    assert back != TenantThrottled("acme", "why", 4, level="red", action="block", version=17)


def test_attaching_again_under_load_lets_no_call_pass_unchecked_or_unmarked(stub, dynamodb):
    stub.put("blocked")
    gate = TenantGate(FlagReader(dynamodb, "flags", read_seconds=PATIENT))
    client, free = a_client(stub, "bedrock-runtime"), a_client(stub, "bedrock-runtime")
    errors, passed, stop = [], [], threading.Event()

    def call(client, passed):
        while not stop.is_set():
            try:
                client.invoke_model(modelId=MODEL, body=b"{}")
                passed.append(1)
            except TenantThrottled:
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, it is one too many
                errors.append(error)

    attach(client, tenant="blocked", gate=gate)
    attach(free, tenant="free", gate=gate)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        threads = [threading.Thread(target=call, args=(client, passed)) for _ in range(3)]
        threads.append(threading.Thread(target=call, args=(free, [])))
        for thread in threads:
            thread.start()
        for _ in range(3000):
            attach(client, tenant="blocked", gate=gate)
            attach(free, tenant="free", gate=gate)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        sys.setswitchinterval(before)
        client.close()
        free.close()

    assert (errors, passed) == ([], [])
    assert {request["headers"].get(HEADER) for request in stub.requests} == {'{"tenantId":"free"}'}


def test_attaching_and_detaching_from_many_threads_leaves_one_attachment(stub, bedrock):
    def turn():
        for _ in range(200):
            detach(bedrock)
            attach(bedrock, tenant="acme")

    threads = [threading.Thread(target=turn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asked = []
    attach(bedrock, tenant=lambda: asked.append(1) or "acme")
    bedrock.converse(modelId=MODEL, messages=MESSAGES)
    detach(bedrock)
    detach(bedrock)
    bedrock.converse(modelId=MODEL, messages=MESSAGES)

    assert asked == [1]
    assert "requestMetadata" not in json.loads(stub.requests[1]["body"])
