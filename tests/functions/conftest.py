"""Events as AWS sends them, and jobs that note what they were asked."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

REMAINING_MS = 54_321
CONTEXT = SimpleNamespace(
    get_remaining_time_in_millis=lambda: REMAINING_MS,
    function_name="stack-Function",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:111122223333:function:stack-Function",
    aws_request_id="52fdfc07-2182-154f-163f-5f0f9a621d72",
)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    from bedrock_meter.observability import metrics

    monkeypatch.setattr(metrics, "namespace", "BedrockMeter")
    monkeypatch.setattr(metrics, "service", "stack")
    monkeypatch.setenv("METRICS", "full")


@pytest.fixture
def called(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """`called(app, event)`: the answer, and the metrics by name that were written with it."""

    def call(app: Any, event: Any) -> tuple[Any, dict[str, float]]:
        answer = app.handler(event, CONTEXT)
        return answer, metrics_in(capsys.readouterr().out)

    return call


def metrics_in(text: str) -> dict[str, float]:
    """The sums of the metrics in embedded metric format."""
    sums: dict[str, float] = {}
    for line in text.splitlines():
        document = json.loads(line) if line.startswith("{") else {}
        for directive in document.get("_aws", {}).get("CloudWatchMetrics", []):
            for metric in directive["Metrics"]:
                values = document[metric["Name"]]
                values = values if isinstance(values, list) else [values]
                sums[metric["Name"]] = sums.get(metric["Name"], 0) + sum(values)
    return sums


class Job:
    """Stands where composing puts a job: notes its questions, answers what it is told to."""

    def __init__(self, answer: Any = None) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer = answer

    def __call__(self, **question: Any) -> Any:
        self.asked.append(question)
        answer = self.answer(**question) if callable(self.answer) else self.answer
        if isinstance(answer, Exception):
            raise answer
        return answer


def sqs(*bodies: str) -> dict[str, Any]:
    """A batch of SQS messages."""
    return {
        "Records": [
            {
                "messageId": f"m-{number}",
                "receiptHandle": "r",
                "body": body,
                "attributes": {},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:queue",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies)
        ]
    }
