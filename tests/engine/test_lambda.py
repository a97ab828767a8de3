"""Handlers on the engine: their errors, their interpreter, their permissions, their layers."""

import json
import os
import queue
import signal
import threading
import time
from types import SimpleNamespace

import pytest

from engine import deploy
from engine.shim import logs
from engine.waiting import until

pytestmark = pytest.mark.engine

FAILS = """
class Contended(Exception):
    pass

def handler(event, context):
    raise Contended("somebody else was faster")
"""


def test_an_error_carries_the_class_of_the_exception(a_function, invoke):
    answer = invoke(a_function(FAILS))

    assert answer["errorType"] == "Contended"
    assert answer["errorMessage"] == "somebody else was faster"


def test_an_environment_outlives_an_exception_of_its_handler(a_function, invoke):
    remembers = """
seen = []
def handler(event, context):
    seen.append(event)
    if event == "bad":
        raise ValueError(event)
    return seen
"""
    name = a_function(remembers)

    assert invoke(name, "bad")["errorType"] == "ValueError"
    assert invoke(name, "good") == ["bad", "good"]


def test_a_timeout_is_not_taken_for_an_exception_of_the_handler(aws, a_function, invoke):
    name = a_function("import time\ndef handler(event, context): time.sleep(5)")
    aws("lambda").update_function_configuration(FunctionName=name, Timeout=1)

    assert invoke(name)["errorType"] == "Sandbox.Timedout"


def test_a_state_machine_retries_an_exception_by_its_class(aws, a_function, a_name, a_role):
    fails_once = """
import os, pathlib
class Contended(Exception): pass
def handler(event, context):
    mark = pathlib.Path(os.environ["TMPDIR"]) / event["mark"]
    if not mark.exists():
        mark.touch()
        raise Contended
    return "second"
"""
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Try",
        "States": {
            "Try": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {
                    "FunctionName": a_function(fails_once),
                    "Payload": {"mark": a_name("mark")},
                },
                "Retry": [{"ErrorEquals": ["Contended"], "IntervalSeconds": 1, "MaxAttempts": 1}],
                "Output": "{% $states.result.Payload %}",
                "End": True,
            }
        },
    }

    ended = _run(aws("stepfunctions"), definition, a_name("machine"), a_role())

    assert (ended["status"], json.loads(ended["output"])) == ("SUCCEEDED", "second")


def test_a_state_machine_does_not_retry_another_class(aws, a_function, a_name, a_role):
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "Try",
        "States": {
            "Try": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"FunctionName": a_function(FAILS)},
                "Retry": [{"ErrorEquals": ["SomethingElse"]}],
                "End": True,
            }
        },
    }

    ended = _run(aws("stepfunctions"), definition, a_name("machine"), a_role())

    assert (ended["status"], ended["error"]) == ("FAILED", "Contended")


def test_handlers_see_boto3_and_nothing_of_the_working_environment(a_function, invoke):
    looks = """
import importlib.util, os
def handler(event, context):
    found = [name for name in event if importlib.util.find_spec(name)]
    return {"found": found, "environment": sorted(os.environ)}
"""

    names = ["boto3", "pyarrow", "msgspec", "ministack", "pytest", "bedrock_meter", "engine"]
    answer = invoke(a_function(looks, MINE="yes"), names)

    assert answer["found"] == ["boto3"]
    assert "MINE" in answer["environment"]
    assert not {"PYTHONPATH", "VIRTUAL_ENV", "AWS_PROFILE", "USER"} & set(answer["environment"])


def test_a_handler_may_do_what_its_role_says_and_nothing_else(a_table, a_role, a_function, invoke):
    mine, other = a_table(), a_table()
    role = a_role(
        {
            "Action": "dynamodb:PutItem",
            "Resource": f"arn:aws:dynamodb:us-east-1:000000000000:table/{mine}",
        }
    )
    puts = """
import boto3
def handler(event, context):
    try:
        boto3.client("dynamodb").put_item(
            TableName=event, Item={"pk": {"S": "a"}, "sk": {"S": "b"}}
        )
    except Exception as error:
        return error.response["Error"]["Code"]
    return "written"
"""

    name = a_function(puts, role=role)

    assert invoke(name, mine) == "written"
    assert invoke(name, other) == "AccessDeniedException"


def test_what_a_handler_prints_is_filed_under_its_own_call(aws, a_function, invoke):
    prints = """
def handler(event, context):
    for number in range(300):
        print(event, number)
"""
    name = a_function(prints)

    for call in ("first", "second"):
        invoke(name, call)

    streams = aws("logs").describe_log_streams(logGroupName=f"/aws/lambda/{name}")["logStreams"]
    texts = [
        [
            event["message"]
            for event in aws("logs").get_log_events(
                logGroupName=f"/aws/lambda/{name}", logStreamName=stream["logStreamName"]
            )["events"]
        ]
        for stream in streams
    ]
    for call in ("first", "second"):
        assert [f"{call} {number}" for number in range(300)] in [text[1:-2] for text in texts]


def test_lines_that_arrive_late_still_belong_to_the_call():
    lines = queue.Queue()

    def arrive():
        for line in ("one", "two", logs.MARK, "of the next call"):
            time.sleep(0.2)
            lines.put(line)

    arrival = threading.Thread(target=arrive)
    arrival.start()

    worker = SimpleNamespace(_stderr_queue=lines, _stderr_thread=arrival)
    assert logs.printed(worker) == "one\ntwo"
    arrival.join()


@pytest.mark.parametrize("linked", [True, False])
def test_a_layer_is_importable_linked_or_as_a_zip(
    linked, tmp_path, aws, a_name, a_function, invoke
):
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "greeting.py").write_text("TEXT = 'hello'")
    body = deploy.pointer(tmp_path) if linked else deploy.zipped(tmp_path)
    layer = aws("lambda").publish_layer_version(
        LayerName=a_name("layer"), Content={"ZipFile": body}
    )

    name = a_function(
        "import greeting\ndef handler(event, context): return greeting.TEXT",
        layers=[layer["LayerVersionArn"]],
    )

    assert invoke(name) == "hello"


def test_a_killed_environment_is_replaced(engine, a_function, invoke):
    name = a_function("import os\ndef handler(event, context): return os.getpid()")
    first = invoke(name)
    assert engine.worker_pids(name) == [first]

    os.kill(first, signal.SIGKILL)

    assert until(lambda: not engine.worker_pids(name))
    assert invoke(name) != first


def test_the_most_batches_at_once_may_be_a_parameter(
    aws, a_name, a_queue, a_function, deploy, messages
):
    name, (url, arn), (out, _) = a_name("mapped"), a_queue(), a_queue()
    sends = """
import boto3, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["OUT"], MessageBody='"done"')
"""
    mapping = {
        "FunctionName": a_function(sends, OUT=out),
        "EventSourceArn": arn,
        "ScalingConfig": {"MaximumConcurrency": {"Ref": "Most"}},
    }
    document = {
        "Parameters": {"Most": {"Type": "Number", "Default": 2}},
        "Resources": {"Mapped": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping}},
    }
    deploy(name, document=document)

    aws("sqs").send_message(QueueUrl=url, MessageBody="{}")

    assert messages(out, 1) == ["done"]


def _run(states, definition, name, role):
    machine = states.create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=role
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]

    def ended():
        found = states.describe_execution(executionArn=execution)
        return None if found["status"] == "RUNNING" else found

    return until(ended)
