"""The hourly run, really run, with functions that only answer and note what they were asked."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.server import ACCOUNT

pytestmark = pytest.mark.engine

DEFINITION = Path(__file__).parents[2] / "statemachines" / "hourly_rollup.asl.json"
NAMES = ["PlanHours", "CloseDay", "AssessTenants", "DeliverNotices"]
STUB = """
import json, os, pathlib, time

def handler(event, context):
    folder, name = pathlib.Path(os.environ["NOTES"]), os.environ["NAME"]
    (folder / f"{name}-{time.time_ns()}.json").write_text(json.dumps(event))
    script = {"json": json}
    exec((folder / f"{name}.py").read_text(), script)
    return script["answer"](event, folder)
"""
CLOSE_DAY = """
def answer(event, folder):
    if event["day"] == "2026-11-20":
        raise RuntimeError("this day cannot be closed")
    published = len(event["hours"])
    return {"day": event["day"], "published": published, "left": 0, "failed": []}
"""
ANSWER = "def answer(event, folder):\n    return {}\n"
GOOD = {"day": "2026-11-21", "hours": ["2026-11-21T04", "2026-11-21T05"], "hold": None}
BAD = {"day": "2026-11-20", "hours": ["2026-11-20T23"], "hold": None}


def a_plan(*days: Any, more: bool = False) -> str:
    plan = {"days": days, "more": more, "sweep_failed": None}
    return f"def answer(event, folder):\n    return json.loads({json.dumps(plan)!r})\n"


@pytest.fixture(scope="module")
def notes(tmp_path_factory: Any) -> Path:
    """Where the functions find what to answer and note what they were asked."""
    folder: Path = tmp_path_factory.mktemp("notes")
    return folder


@pytest.fixture(scope="module")
def functions(aws: Any, notes: Path) -> dict[str, str]:
    """One function for each step, by its name in the template."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    document = {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRole"}]}
    aws("iam").create_role(RoleName="steps", AssumeRolePolicyDocument=json.dumps(document))
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("app.py", STUB)
    made = {}
    for name in NAMES:
        made[name] = aws("lambda").create_function(
            FunctionName=f"step-{name}",
            Runtime="python3.13",
            Handler="app.handler",
            Role=f"arn:aws:iam::{ACCOUNT}:role/steps",
            Code={"ZipFile": body.getvalue()},
            Environment={"Variables": {"NOTES": str(notes), "NAME": name}},
        )["FunctionArn"]
    return made


@pytest.fixture
def run(
    aws: Any, functions: dict[str, str], notes: Path, a_role: Any, a_queue: Any, a_name: Any
) -> Callable[..., Any]:
    """`run(plan)`: how an execution ended, and every question the functions were asked."""
    for note in notes.iterdir():
        note.unlink()

    def ran(plan: str, **answers: str) -> tuple[dict[str, Any], Callable[[str], list[Any]], str]:
        topic = aws("sns").create_topic(Name=a_name("topic"))["TopicArn"]
        url, arn = a_queue()
        policy = _lets_in("sns.amazonaws.com", arn)
        aws("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        text = DEFINITION.read_text().replace("${AlarmTopicArn}", topic)
        for name in NAMES:
            answer = {"PlanHours": plan, "CloseDay": CLOSE_DAY}.get(name, ANSWER)
            (notes / f"{name}.py").write_text(answers.get(name, answer))
            text = text.replace(f"${{{name}Arn}}", functions[name])
        states = aws("stepfunctions")
        machine = states.create_state_machine(
            name=a_name("rollup"), definition=text, roleArn=a_role({"Action": "*", "Resource": "*"})
        )["stateMachineArn"]
        execution = states.start_execution(stateMachineArn=machine, input="{}")["executionArn"]
        return _ended(states, execution), lambda name: _asked(notes, name), url

    return ran


def _lets_in(service: str, queue: str) -> str:
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": queue,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


def _ended(states: Any, execution: str) -> dict[str, Any]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found: dict[str, Any] = states.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            return found
        time.sleep(0.05)
    raise AssertionError("the execution did not end")


def _asked(folder: Path, name: str) -> list[Any]:
    return [json.loads(file.read_text()) for file in sorted(folder.glob(f"{name}-*.json"))]


def test_days_are_closed_and_published_and_tenants_assessed(run: Any) -> None:
    ended, asked, _ = run(a_plan(GOOD))

    assert (ended["status"], json.loads(ended["output"])) == (
        "SUCCEEDED",
        {"published": 2, "more": False},
    )
    assert asked("CloseDay") == [GOOD]
    assert sorted(question["bucket"] for question in asked("AssessTenants")) == list(range(8))
    assert asked("DeliverNotices") == [{}]


def test_a_day_that_cannot_be_closed_stops_no_other_and_is_told(run: Any, messages: Any) -> None:
    ended, asked, told = run(a_plan(BAD, GOOD))

    assert (ended["status"], ended["error"]) == ("FAILED", "WorkLeftUndone")
    assert sorted(question["day"] for question in asked("CloseDay")) == [BAD["day"], GOOD["day"]]
    assert len(asked("AssessTenants")) == 8
    (message,) = messages(told, 1)
    assert "- Close day 2026-11-20: RuntimeError" in message["Message"]


def test_with_nothing_due_tenants_are_assessed_all_the_same(run: Any) -> None:
    ended, asked, _ = run(a_plan())

    assert ended["status"] == "SUCCEEDED"
    assert asked("CloseDay") == []
    assert len(asked("AssessTenants")) == 8


def test_without_a_plan_tenants_are_assessed_and_the_run_is_a_failure(
    run: Any, messages: Any
) -> None:
    ended, asked, told = run("def answer(event, folder):\n    raise RuntimeError('no')\n")

    assert ended["status"] == "FAILED"
    assert len(asked("AssessTenants")) == 8
    assert "- Plan hours: RuntimeError" in messages(told, 1)[0]["Message"]


def test_a_bucket_that_cannot_be_assessed_stops_no_other(run: Any, messages: Any) -> None:
    refusing = "def answer(event, folder):\n    assert event['bucket'] != 3, 'no'\n"

    ended, asked, told = run(a_plan(GOOD), AssessTenants=refusing)

    assert ended["status"] == "FAILED"
    assert len(asked("AssessTenants")) == 8
    assert asked("DeliverNotices") == [{}]
    assert "- Assess bucket 3: AssertionError" in messages(told, 1)[0]["Message"]


def test_when_more_hours_are_due_the_machine_starts_itself_again(run: Any) -> None:
    plans = (
        "def answer(event, folder):\n"
        "    more = len(list(folder.glob('PlanHours-*'))) < 3\n"
        f"    return {{'days': [{GOOD!r}], 'more': more, 'sweep_failed': None}}\n"
    )

    ended, asked, _ = run(plans)
    until = time.monotonic() + 30
    while len(asked("DeliverNotices")) < 3 and time.monotonic() < until:
        time.sleep(0.1)

    assert json.loads(ended["output"]) == {"published": 2, "more": True}
    assert len(asked("PlanHours")) == 3
    assert len(asked("DeliverNotices")) == 3


def test_what_a_worker_left_for_want_of_time_starts_the_machine_again(run: Any) -> None:
    short = (
        "def answer(event, folder):\n"
        "    left = 1 if len(list(folder.glob('CloseDay-*'))) < 2 else 0\n"
        "    return {'day': event['day'], 'published': 1, 'left': left, 'failed': []}\n"
    )

    ended, asked, _ = run(a_plan(GOOD), CloseDay=short)
    until = time.monotonic() + 30
    while len(asked("DeliverNotices")) < 2 and time.monotonic() < until:
        time.sleep(0.1)

    assert ended["status"] == "SUCCEEDED"
    assert asked("CloseDay") == [GOOD, GOOD]


def test_days_that_cannot_be_closed_do_not_keep_the_machine_running(run: Any) -> None:
    ended, asked, _ = run(a_plan(BAD, more=True))
    time.sleep(1)

    assert ended["status"] == "FAILED"
    assert len(asked("PlanHours")) == 1
