"""The steps of the hourly run: what the machine hands over, and what it gets back."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.time.hours import Day, Hour
from bedrock_meter.domain.totals.findings import Findings
from bedrock_meter.domain.totals.workload import Fill
from bedrock_meter.jobs.assess_tenant import Assessment
from bedrock_meter.jobs.close_day import ClosedDay
from bedrock_meter.jobs.deliver_notices import Delivery
from bedrock_meter.jobs.plan_hours import HourPlan
from bedrock_meter.observability import minutes_since
from functions.assess_tenants import app as assess_tenants
from functions.close_day import app as close_day
from functions.deliver_notices import app as deliver_notices
from functions.plan_hours import app as plan_hours
from tests.functions.conftest import REMAINING_MS, Job

FIVE = Hour("2026-11-21T05")


def stand_in(monkeypatch: pytest.MonkeyPatch, app: Any, answer: Any) -> Job:
    job = Job(answer)
    monkeypatch.setattr(app, "job", lambda: job)
    return job


def test_a_plan_is_passed_on_as_keys(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    days = ((Day("2026-11-21"), (FIVE,)),)
    stand_in(monkeypatch, plan_hours, HourPlan(days, True, Hour("2026-11-21T06"), 9, 4, 7, FIVE))

    answer, metrics = called(plan_hours, {})

    assert answer == {
        "days": [{"day": "2026-11-21", "hours": ["2026-11-21T05"], "hold": "2026-11-21T06"}],
        "more": True,
        "sweep_failed": "",
    }
    assert json.loads(json.dumps(answer)) == answer
    assert metrics["ObjectsMissed"] == 4
    assert metrics["ObjectsOutstanding"] == 9
    assert metrics["HoursWaiting"] == 7
    assert metrics["DataUpToAgeMinutes"] > 0


def test_the_age_of_data_is_counted_in_whole_minutes() -> None:
    assert minutes_since("2026-11-21T05", datetime(2026, 11, 21, 8, 20, 59, tzinfo=UTC)) == 200
    assert minutes_since(None, datetime(2026, 11, 21, tzinfo=UTC)) == 0


def test_a_closed_day_answers_how_many_hours_are_published_and_left(
    monkeypatch: pytest.MonkeyPatch, called: Any
) -> None:
    six, seven = Hour("2026-11-21T06"), Hour("2026-11-21T07")
    fill = Fill(seconds=51, tenants=4)
    found = Findings(9, unpriced_tokens=11, conflicts=2, duplicates_apart=3, fill=fill)
    closed = ClosedDay((FIVE,), (seven,), {six: "evidence is gone"}, found)
    job = stand_in(monkeypatch, close_day, closed)
    event = {"day": "2026-11-21", "hours": [FIVE, six, seven], "hold": "2026-11-21T08"}

    answer, metrics = called(close_day, event)

    assert job.asked[0]["hours"] == [FIVE, six, seven]
    assert job.asked[0]["hold"] == "2026-11-21T08"
    assert answer == {"day": "2026-11-21", "published": 1, "left": 1, "failed": [six]}
    assert metrics["HoursPublished"] == 1
    assert metrics["EvidenceMissing"] == 1
    assert metrics["UnpricedTokens"] == 11
    assert metrics["AttributionConflicts"] == 2
    assert metrics["DuplicatesApart"] == 3
    assert metrics["HourFillPercent"] == 51


def test_a_worker_knows_how_long_it_has_to_live(
    monkeypatch: pytest.MonkeyPatch, called: Any
) -> None:
    job = stand_in(monkeypatch, close_day, ClosedDay((), (), {}, Findings()))

    called(close_day, {"day": "2026-11-21", "hours": [], "hold": FIVE})

    assert job.asked[0]["remaining"]() == timedelta(milliseconds=REMAINING_MS)


def test_a_bucket_of_tenants_is_assessed(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    assessed = [
        Assessment("acme", Level.GREEN, Level.RED, None),
        Assessment("blue", Level.GREEN, Level.GREEN, None),
    ]
    job = stand_in(monkeypatch, assess_tenants, lambda **_: iter(assessed))

    answer, metrics = called(assess_tenants, {"bucket": 3, "of": 8})

    assert (job.asked[0]["bucket"], job.asked[0]["of"]) == (3, 8)
    assert answer == {"assessed": 2, "changes": 1}
    assert job.asked[0]["remaining"]() == timedelta(milliseconds=REMAINING_MS)
    assert metrics["LevelChanges"] == 1


def test_notices_are_delivered(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    stand_in(monkeypatch, deliver_notices, Delivery(sent=2, taken=1, unsent=()))

    assert called(deliver_notices, {}) == ({"sent": 2}, {})


def test_whom_a_notice_could_not_be_told_is_counted(
    monkeypatch: pytest.MonkeyPatch, called: Any
) -> None:
    unsent = ("contact, notice 17: no such topic",)
    stand_in(monkeypatch, deliver_notices, Delivery(sent=1, taken=0, unsent=unsent))

    answer, metrics = called(deliver_notices, {})

    assert (answer, metrics) == ({"sent": 1}, {"NoticesUnsent": 1})
