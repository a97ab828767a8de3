"""No text of a prompt leaves the log bucket; what the search must find, it does find."""

import gzip
import json
import time
from typing import Any

import pytest

from engine.waiting import until
from tests.builders import a_log, a_record
from tests.e2e.listening import listen_to_events, listen_to_topic
from tests.e2e.meter import DAY, PATIENCE, Meter, a_key, at
from tests.e2e.search import TABLES, stores

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(600)]

CANARY = "nine grey herons"
NOTE = "seven white geese"
"""Metadata that no policy names: what applications state beside a prompt, and evidence keeps."""
FINDER = "canary-finder"
"""A tenant: it must turn up in every store, or the search would prove nothing."""


def said(place: str) -> str:
    """A piece of a prompt; the place tells where a leak comes from."""
    return f"{CANARY} {place}"


def a_call(number: int, **changes: Any) -> dict[str, Any]:
    """A call of the finder."""
    usual = {"timestamp": at("10:15:00"), "requestMetadata": {"tenantId": FINDER}}
    return a_record(f"canary-{number}", **(usual | changes))


def with_input(text: Any, **counts: Any) -> dict[str, Any]:
    """The input of a call, its prompt included."""
    return {"inputContentType": "application/json", "inputBodyJson": text} | counts


def with_output(text: Any, **counts: Any) -> dict[str, Any]:
    """The output of a call, its answer included."""
    return {"outputContentType": "application/json", "outputBodyJson": text} | counts


BLOCKED = {
    "stopReason": "guardrail_intervened",
    "output": {"message": {"content": [{"text": said("blocked")}]}},
    "trace": {
        "guardrail": {
            "inputAssessment": {
                "g-1": {
                    "topicPolicy": {"topics": [{"name": said("topic"), "type": "DENY"}]},
                    "sensitiveInformationPolicy": {"regexes": [{"match": said("regex")}]},
                    "invocationMetrics": {"usage": {"topicPolicyUnits": 1}},
                }
            }
        }
    },
}
TOOL = {"toolUse": {"name": "t", "input": {"question": said("tool use")}}}
GOOD = (
    a_call(1, input=with_input({"messages": [{"content": said("prompt")}]}, inputTokenCount=9)),
    a_call(2, input=with_input({"system": [{"text": said("system")}]}, inputTokenCount=9)),
    a_call(
        3,
        input=with_input({"toolConfig": {"tools": [{"description": said("tool")}]}}),
        output=with_output({"output": {"message": {"content": [TOOL]}}}, outputTokenCount=9),
    ),
    a_call(4, output=with_output([{"delta": said("stream")}, said("chunk")], outputTokenCount=9)),
    a_call(5, output=with_output(said("string body"), outputTokenCount=9)),
    a_call(6, requestMetadata={"tenantId": FINDER, "note": NOTE, f"{NOTE} key": "x"}),
    a_call(7, errorCode="ValidationException", input=with_input(said("failed")), output=None),
    a_call(8, output=with_output(BLOCKED, outputTokenCount=0)),
    a_call(9, additional=said("unknown field"), output={"outputTokenCount": 3_000_000}),
)
BAD = (
    a_call(20, input=with_input(said("bad count"), inputTokenCount=-1)),
    a_call(21, input=with_input("x", inputTokenCount=said("as count"))),
    a_call(22, timestamp=said("as time")),
    a_call(23, timestamp="2031-11-21T10:00:00", input=with_input(said("no zone"))),
    a_call(24, timestamp="2031-11-23T10:00:00Z", input=with_input(said("clock"))),
    a_call(25, modelId={"text": said("as model")}),
    a_call(26, requestMetadata={"tenantId": [said("as tenant")]}),
    a_call(27, operation={"text": said("as operation")}, identity=said("as identity")),
    {"schemaType": "SomethingElse", "text": said("no record")},
    json.dumps(a_call(28, input=with_input(said("cut off")))).encode()[:-40],
    said("no json").encode(),
    b'["' + said("list").encode() + b'"]',
    b"\xff\xfe " + said("no text").encode(),
)


@pytest.fixture(scope="module")
def everything(meter: Meter) -> dict[str, str]:
    """Every store, after prompts were planted, metered, closed, corrected and told about."""
    listeners = _listeners(meter)
    first = _upload(meter)
    meter.close()
    meter.await_metered(
        meter.put(a_key("10", "26:00"), a_call(40, timestamp=at("09:10:00"), note=said("late")))
    )
    machine = _run_with_input(meter, {"planted": FINDER})
    assert machine["status"] == "SUCCEEDED", meter.explanation(machine)
    assert until(lambda: meter.item("Flags", tenant=FINDER), seconds=PATIENCE)
    _plant(meter, first)
    return stores(meter, *listeners)


def _listeners(meter: Meter) -> tuple[str, ...]:
    return (
        listen_to_topic(meter, "NoticeTopicArn", "canary-notices"),
        listen_to_topic(meter, "AlarmTopicArn", "canary-alarms"),
        listen_to_events(meter, "bedrock-meter", "canary-events"),
    )


def _upload(meter: Meter) -> str:
    """Deliver objects whose every corner holds a prompt; the key of the first."""
    s3, bucket = meter.client("s3"), meter.output("LogBucketName")
    nine = a_call(30, timestamp=at("09:09:00"), input=with_input(said("nine"), inputTokenCount=1))
    first = meter.put(a_key("10", "25:00"), *GOOD, *BAD, nine)
    plain, torn, body = (a_key("10", "25:01") for _ in range(3))
    s3.put_object(Bucket=bucket, Key=plain, Body=said("not gzip").encode())
    s3.put_object(Bucket=bucket, Key=torn, Body=a_log(*GOOD * 40)[:-90])
    folder, name = body.rsplit("/", 1)
    offloaded = gzip.compress(json.dumps({"text": said("offloaded")}).encode())
    s3.put_object(Bucket=bucket, Key=f"{folder}/data/{name}", Body=offloaded)
    meter.await_metered(first, plain, torn)
    assert until(lambda: meter.live_hour(FINDER, f"{DAY}T10"), seconds=PATIENCE)
    # The same name with other content: refused whole, as an identity conflict.
    s3.put_object(Bucket=bucket, Key=first, Body=a_log(a_call(50, note=said("conflict"))))
    assert until(lambda: _files_of(meter, first) == 2, seconds=PATIENCE)
    return first


def _files_of(meter: Meter, key: str) -> int:
    return len(meter.objects(f"quarantine/{DAY}/{meter.object_id(key)}"))


def _run_with_input(meter: Meter, given: dict[str, str]) -> dict[str, Any]:
    states, machine = meter.client("stepfunctions"), meter.output("HourlyRollupArn")
    started = states.start_execution(stateMachineArn=machine, input=json.dumps(given))
    return meter.await_end(started["executionArn"])


def _plant(meter: Meter, first: str) -> None:
    """Put the finder into stores that never hold a tenant, so that they are searched for sure."""
    meter.table("Hours").put_item(Item={"pk": "planted", "text": FINDER})
    for output in ("IngestDeadLettersUrl", "FoldDeadLettersUrl"):
        meter.client("sqs").send_message(QueueUrl=meter.output(output), MessageBody=FINDER)
    meter.client("sns").publish(TopicArn=meter.output("AlarmTopicArn"), Message=FINDER)
    logs, group = meter.client("logs"), meter.output("FunctionLogGroup")
    logs.create_log_stream(logGroupName=group, logStreamName="planted")
    event = {"timestamp": int(time.time() * 1000), "message": FINDER}
    logs.put_log_events(logGroupName=group, logStreamName="planted", logEvents=[event])
    packed = gzip.compress(FINDER.encode())
    bucket = meter.output("DataBucketName")
    for key, body in {"quarantine/planted": packed, "manifests/planted": FINDER.encode()}.items():
        meter.client("s3").put_object(Bucket=bucket, Key=key, Body=body)


def test_no_piece_of_a_prompt_is_anywhere_but_in_the_log_bucket(
    everything: dict[str, str],
) -> None:
    assert _places_of(CANARY, everything) == {}


def test_metadata_that_no_policy_names_stays_in_the_evidence(everything: dict[str, str]) -> None:
    assert _places_of(NOTE, everything).keys() == {"objects evidence/"}


def _places_of(text: str, everything: dict[str, str]) -> dict[str, str]:
    """The stores in which a text is, each with what stands around it there."""
    found = {name: stored.find(text) for name, stored in everything.items()}
    return {
        name: everything[name][max(0, place - 300) : place + 60]
        for name, place in found.items()
        if place >= 0
    }


def test_every_store_was_searched(everything: dict[str, str]) -> None:
    blind = sorted(name for name, text in everything.items() if FINDER not in text)

    assert blind == []


def test_no_store_was_left_out(everything: dict[str, str]) -> None:
    folders = ("evidence", "manifests", "quarantine", "closings", "corrections", "rollups")
    listeners = ("canary-notices", "canary-alarms", "canary-events")

    assert set(everything) >= {
        *(f"table {table}" for table in TABLES),
        *(f"objects {folder}/" for folder in (*folders, "policies")),
        *(f"listener {name}" for name in listeners),
        "queue IngestDeadLettersUrl",
        "queue FoldDeadLettersUrl",
        "function log",
        "executions",
    }


def test_the_prompts_were_read_and_refused_as_planned(meter: Meter, everything: Any) -> None:
    row = meter.live_hour(FINDER, f"{DAY}T10")

    assert row["requests"] >= len(GOOD)
    assert '"reason":"identity_conflict"' in everything["objects quarantine/"]
    assert '"reason":"truncated_gzip"' in everything["objects quarantine/"]
