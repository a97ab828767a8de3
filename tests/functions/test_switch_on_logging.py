"""SwitchOnLogging: CloudFormation gets an answer, whatever happens."""

import json
from typing import Any

import pytest

from functions.switch_on_logging import app
from tests.functions.conftest import CONTEXT, Job


def a_wish(kind: str) -> dict[str, str]:
    return {
        "RequestType": kind,
        "ResponseURL": "https://cloudformation.example/answer",
        "StackId": "arn:stack",
        "RequestId": "1",
        "LogicalResourceId": "InvocationLogging",
    }


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    class Answered:
        def close(self) -> None: ...

    def put(request: Any, timeout: float) -> Answered:
        assert request.get_method() == "PUT"
        sent.append(json.loads(request.data))
        return Answered()

    monkeypatch.setattr(app, "urlopen", put)
    return sent


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Job:
    job = Job("logging switched on")
    monkeypatch.setattr(app, "job", lambda: job)
    return job


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_logging_is_switched_on(job: Job, answers: list[dict[str, Any]], kind: str) -> None:
    app.handler(a_wish(kind), CONTEXT)

    (sent,) = answers
    assert (sent["Status"], sent["Reason"]) == ("SUCCESS", "logging switched on")
    assert (sent["StackId"], sent["RequestId"]) == ("arn:stack", "1")


def test_a_failure_is_answered_with_its_reason(job: Job, answers: list[dict[str, Any]]) -> None:
    job.answer = lambda: RuntimeError("Bedrock already logs to others")

    with pytest.raises(RuntimeError):
        app.handler(a_wish("Create"), CONTEXT)

    (sent,) = answers
    assert sent["Status"] == "FAILED"
    assert "Bedrock already logs to others" in sent["Reason"]


def test_deleting_the_stack_switches_nothing_off(job: Job, answers: list[dict[str, Any]]) -> None:
    app.handler(a_wish("Delete"), CONTEXT)

    assert job.asked == []
    assert answers[0]["Status"] == "SUCCESS"
