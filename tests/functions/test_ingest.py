"""Ingest: announcements in, questions to the job out, failures one by one."""

import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError

from bedrock_meter.jobs.ingest import IngestReport
from functions.ingest import app
from tests.functions.conftest import Job, sqs

FOLDER = "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/11/21/05/"
GOOD = FOLDER + "20261121T051630023Z_9b86bf4994c4ab1c.json.gz"


def created(key: str, size: int = 100) -> str:
    detail = {"bucket": {"name": "logs"}, "object": {"key": key, "size": size}}
    return json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail})


def report(**question: Any) -> IngestReport:
    return IngestReport(question["key"], 3, {}, ())


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Job:
    job = Job(report)
    monkeypatch.setattr(app, "job", lambda: job)
    return job


def test_an_announced_log_object_is_metered(job: Job, called: Any) -> None:
    answer, metrics = called(app, sqs(created(GOOD)))

    (question,) = job.asked
    assert (question["bucket"], question["key"], question["is_live"]) == ("logs", GOOD, True)
    assert question["now"].tzinfo is not None
    assert answer == {"batchItemFailures": []}
    assert metrics["RecordsMetered"] == 3


def test_only_the_message_that_failed_comes_back(job: Job, called: Any) -> None:
    bad = GOOD.replace("9b86", "0000")
    job.answer = lambda **q: RuntimeError("no") if q["key"] == bad else report(**q)

    answer, _ = called(app, sqs(created(GOOD), created(bad), created(GOOD)))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-1"}]}
    assert len(job.asked) == 3


def test_when_everything_fails_the_function_fails(job: Job, called: Any) -> None:
    job.answer = lambda **_: RuntimeError("no")

    with pytest.raises(BatchProcessingError):
        called(app, sqs(created(GOOD)))


def test_a_failure_is_logged_with_its_reason(
    job: Job, called: Any, caplog: pytest.LogCaptureFixture
) -> None:
    job.answer = lambda **q: RuntimeError("why") if q["key"] == GOOD else report(**q)

    called(app, sqs(created(GOOD), created(GOOD.replace("9b86", "0000"))))

    assert "RuntimeError: why" in caplog.text


def test_what_holds_no_records_is_skipped(job: Job, called: Any) -> None:
    beside = [
        created(FOLDER + "data/1_input.json.gz"),
        created(FOLDER + "amazon-bedrock-logs-permission-check"),
        created(GOOD, size=0),
        created(FOLDER + "20261121T051630023Z_a.pdf"),
    ]

    answer, _ = called(app, sqs(*beside))

    assert answer == {"batchItemFailures": []}
    assert job.asked == []


def test_a_replay_is_not_live(job: Job, called: Any) -> None:
    called(app, sqs(json.dumps({"bucket": "logs", "key": GOOD, "live": False})))

    assert [question["is_live"] for question in job.asked] == [False]


def test_a_message_that_announces_nothing_comes_back_alone(job: Job, called: Any) -> None:
    answer, _ = called(app, sqs("hello", created(GOOD)))

    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-0"}]}
    assert len(job.asked) == 1


def test_rejects_are_counted_and_those_without_an_innocent_reason_apart(
    job: Job, called: Any
) -> None:
    job.answer = IngestReport("o", 5, {"clock": 2, "bad_field": 1, "identity_conflict": 1}, ())

    _, metrics = called(app, sqs(created(GOOD)))

    assert metrics["RecordsQuarantined"] == 4
    assert metrics["RecordsOutOfTime"] == 2
    assert metrics["IdentityConflicts"] == 1
