"""Ingest: an announcement in, a question to the job out; a failure goes back to the queue."""

import json
from typing import Any

import pytest

from bedrock_meter.aws.s3_events import NotAnAnnouncement
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
    _, metrics = called(app, sqs(created(GOOD)))

    (question,) = job.asked
    assert (question["bucket"], question["key"], question["is_live"]) == ("logs", GOOD, True)
    assert question["now"].tzinfo is not None
    assert metrics["RecordsMetered"] == 3


def test_a_log_object_that_cannot_be_metered_goes_back_to_the_queue(job: Job, called: Any) -> None:
    job.answer = lambda **_: RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        called(app, sqs(created(GOOD)))


def test_what_holds_no_records_is_skipped(job: Job, called: Any) -> None:
    beside = [
        created(FOLDER + "data/1_input.json.gz"),
        created(FOLDER + "amazon-bedrock-logs-permission-check"),
        created(GOOD, size=0),
        created(FOLDER + "20261121T051630023Z_a.pdf"),
    ]

    called(app, sqs(*beside))

    assert job.asked == []


def test_a_replay_is_not_live(job: Job, called: Any) -> None:
    called(app, sqs(json.dumps({"bucket": "logs", "key": GOOD, "live": False})))

    assert [question["is_live"] for question in job.asked] == [False]


def test_a_message_that_announces_nothing_goes_back_to_the_queue(job: Job, called: Any) -> None:
    with pytest.raises(NotAnAnnouncement):
        called(app, sqs("hello"))


def test_rejects_are_counted_and_those_without_an_innocent_reason_apart(
    job: Job, called: Any
) -> None:
    job.answer = IngestReport("o", 5, {"clock": 2, "bad_field": 1, "identity_conflict": 1}, ())

    _, metrics = called(app, sqs(created(GOOD)))

    assert metrics["RecordsQuarantined"] == 4
    assert metrics["RecordsOutOfTime"] == 2
    assert metrics["IdentityConflicts"] == 1
