"""The steps of the hourly run: what the machine hands over, and what it gets back."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from bedrock_meter.domain.findings import Findings
from bedrock_meter.domain.hour_row import Mark
from bedrock_meter.domain.hours import Day, Hour, Month
from bedrock_meter.domain.level import Level
from bedrock_meter.jobs.assess_tenants import Assessment
from bedrock_meter.jobs.close_day import ClosedDay
from bedrock_meter.jobs.plan_hours import Plan
from bedrock_meter.observability import minutes_since
from functions.assess_tenants import app as assess_tenants
from functions.close_day import app as close_day
from functions.close_months import app as close_months
from functions.deliver_notices import app as deliver_notices
from functions.finish_hours import app as finish_hours
from functions.plan_hours import app as plan_hours
from tests.functions.conftest import Job

FIVE = Hour("2026-11-21T05")
MARK = Mark(FIVE, epoch=7, seen=2, published=6)
MARKED = {"hour": FIVE, "epoch": 7, "seen": 2, "published": 6}
CLOSED = {"day": "2026-11-21", "marks": [MARKED], "failed": []}


def standing_in(monkeypatch: pytest.MonkeyPatch, app: Any, answer: Any) -> Job:
    job = Job(answer)
    monkeypatch.setattr(app, "job", lambda: job)
    return job


def test_a_plan_is_passed_on_as_keys(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    days = ((Day("2026-11-21"), (FIVE,)),)
    standing_in(monkeypatch, plan_hours, Plan(days, True, None, 4, FIVE))

    answer, metrics = called(plan_hours, {})

    assert answer == {
        "days": [{"day": "2026-11-21", "hours": ["2026-11-21T05"]}],
        "more": True,
        "hold": None,
    }
    assert json.loads(json.dumps(answer)) == answer
    assert metrics["ObjectsMissed"] == 4
    assert metrics["DataUpToAgeMinutes"] > 0


def test_the_age_of_data_is_counted_in_whole_minutes() -> None:
    assert minutes_since("2026-11-21T05", datetime(2026, 11, 21, 8, 20, 59, tzinfo=UTC)) == 200
    assert minutes_since(None, datetime(2026, 11, 21, tzinfo=UTC)) == 0


def test_a_closed_day_answers_what_is_left_to_publish(
    monkeypatch: pytest.MonkeyPatch, called: Any
) -> None:
    six = Hour("2026-11-21T06")
    found = Findings(9, unpriced_tokens=11, conflicts=2, duplicates_apart=3, fill_percent=51)
    closed = ClosedDay((MARK,), {six: "evidence are gone"}, found)
    job = standing_in(monkeypatch, close_day, closed)

    answer, metrics = called(close_day, {"day": "2026-11-21", "hours": [FIVE, six]})

    assert job.asked[0]["hours"] == [FIVE, six]
    assert answer == {"day": "2026-11-21", "marks": [MARKED], "failed": [six]}
    assert metrics["EvidenceMissing"] == 1
    assert metrics["UnpricedTokens"] == 11
    assert metrics["AttributionConflicts"] == 2
    assert metrics["DuplicatesApart"] == 3
    assert metrics["HourFillPercent"] == 51


def test_months_are_summed_up_for_every_hour_that_was_closed(
    monkeypatch: pytest.MonkeyPatch, called: Any
) -> None:
    job = standing_in(monkeypatch, close_months, (Month("2026-11"),))

    answer, _ = called(close_months, {"closed": [CLOSED, CLOSED]})

    assert job.asked == [{"hours": [FIVE, FIVE]}]
    assert answer == {"months": ["2026-11"]}


def test_marks_and_hold_reach_the_publishing(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    job = standing_in(monkeypatch, finish_hours, (FIVE,))

    answer, metrics = called(finish_hours, {"closed": [CLOSED], "hold": "2026-11-21T04"})

    assert job.asked[0]["marks"] == [MARKED]
    assert job.asked[0]["hold"] == "2026-11-21T04"
    assert answer == {"published": 1}
    assert metrics["HoursPublished"] == 1


def test_what_a_close_answers_is_what_the_publishing_reads() -> None:
    assert Mark(**MARKED) == MARK
    assert MARK._asdict() == MARKED


def test_a_bucket_of_tenants_is_judged(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    assessed = [
        Assessment("acme", Level.GREEN, Level.RED, None),
        Assessment("blue", Level.GREEN, Level.GREEN, None),
    ]
    job = standing_in(monkeypatch, assess_tenants, lambda **_: iter(assessed))

    answer, metrics = called(assess_tenants, {"bucket": 3, "of": 8})

    assert (job.asked[0]["bucket"], job.asked[0]["of"]) == (3, 8)
    assert answer == {"assessed": 2, "changes": 1}
    assert metrics["LevelChanges"] == 1


def test_notices_are_delivered(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    standing_in(monkeypatch, deliver_notices, SimpleNamespace(told=2, taken=1))

    assert called(deliver_notices, {})[0] == {"told": 2}
