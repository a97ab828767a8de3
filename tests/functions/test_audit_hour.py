"""The daily audit: what it answers, what it logs, and the metrics of it."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from bedrock_meter.domain.totals.audit import (
    OTHER_RECORDS,
    Audit,
    CannotAudit,
    ObjectDifference,
    TenantDifference,
)
from bedrock_meter.domain.totals.total import Total
from functions.audit_hour import app
from tests.builders import NINE
from tests.functions.conftest import CONTEXT, Job

EQUAL = Audit(hour=NINE, found=2, read=2, size=800, calls=3, compared=2, apart=0)
WRONG = TenantDifference("acme", Total(requests=1, cost=10**18), Total(requests=2))
BLAMED = ObjectDifference("logs/one", 2, 1, 1, OTHER_RECORDS)


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CONTEXT, "get_remaining_time_in_millis", lambda: 7_000, raising=False)


def answered(monkeypatch: pytest.MonkeyPatch, called: Any, found: Any, event: Any = None) -> Any:
    job = Job(found)
    monkeypatch.setattr(app, "job", lambda: job)
    answer, metrics = called(app, event or {})
    return SimpleNamespace(answer=answer, metrics=metrics, asked=job.asked[0])


def test_that_nothing_differs_is_reported_too(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    done = answered(monkeypatch, called, EQUAL)

    assert done.metrics == {"HoursAudited": 1, "AuditDifferences": 0}
    assert (done.answer["hour"], done.answer["differences"]) == (NINE, 0)
    assert done.answer["compared_by"] == "tenant"


def test_what_differs_is_counted_and_named(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    found = EQUAL._replace(tenants=(WRONG,), objects=(BLAMED,), apart=4)

    done = answered(monkeypatch, called, found)

    assert done.metrics == {"HoursAudited": 1, "AuditDifferences": 1, "DuplicatesApart": 4}
    assert done.answer["tenants"] == [
        {
            "tenant": "acme",
            "figures": [
                {"figure": "cost_usd", "published": "1", "recomputed": "0"},
                {"figure": "requests", "published": 1, "recomputed": 2},
            ],
        }
    ]
    assert done.answer["objects"] == [
        {"object_id": "logs/one", "logged": 2, "kept": 1, "differing": 1, "reason": "other records"}
    ]


def test_of_a_sample_log_objects_are_counted(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    found = EQUAL._replace(found=900, read=200, objects=(BLAMED, BLAMED), apart=None)

    done = answered(monkeypatch, called, found)

    assert done.metrics == {"HoursAudited": 1, "AuditDifferences": 2}
    assert done.answer["compared_by"] == "log object"


def test_no_tenant_is_named_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "job", lambda: Job(EQUAL._replace(tenants=(WRONG,))))

    app.handler({}, CONTEXT)

    [line] = [vars(record) for record in caplog.records if record.message == "hour audited"]
    assert (line["tenants"], "acme" in repr(line)) == (1, False)


def test_that_no_hour_could_be_audited_is_no_answer_about_differences(
    monkeypatch: pytest.MonkeyPatch, called: Any
) -> None:
    done = answered(monkeypatch, called, CannotAudit("no hour could be audited: none"))

    assert done.metrics == {"HoursAudited": 0}
    assert done.answer == {"hour": None, "reason": "no hour could be audited: none"}


@pytest.mark.usefixtures("context")
def test_the_job_is_told_the_hour_and_how_long_it_may_take(
    monkeypatch: pytest.MonkeyPatch, called: Any
) -> None:
    asked = answered(monkeypatch, called, EQUAL, {"hour": NINE}).asked

    assert asked["hour"] == NINE
    assert asked["remaining"]() == timedelta(seconds=7)


def test_without_an_hour_any_will_do(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    assert answered(monkeypatch, called, EQUAL).asked["hour"] is None
