"""The hourly comparison with Bedrock's own counts: what it answers, and the metrics of it."""

from typing import Any

import pytest

from bedrock_meter.domain.totals.completeness import Gap
from bedrock_meter.jobs.check_completeness import Completeness
from functions.check_completeness import app
from tests.builders import HAIKU, NINE
from tests.functions.conftest import Job


def answered(monkeypatch: pytest.MonkeyPatch, called: Any, found: Completeness) -> Any:
    monkeypatch.setattr(app, "job", lambda: Job(found))
    return called(app, {})


def test_a_gap_is_counted_and_named(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    found = Completeness((NINE,), (Gap(HAIKU, 9, 5, NINE),), None)

    answer, metrics = answered(monkeypatch, called, found)

    assert answer["gaps"] == [
        {"model": HAIKU, "invoked": 9, "metered": 5, "worst": NINE, "missing": 4}
    ]
    assert metrics == {"CallsMissing": 4}


def test_that_nothing_is_wrong_is_answered_and_writes_no_metric(
    monkeypatch: pytest.MonkeyPatch, called: Any
) -> None:
    answer, metrics = answered(monkeypatch, called, Completeness((NINE,), (), None))

    assert answer == {"hours": [NINE], "gaps": [], "logging": None}
    assert metrics == {}


def test_changed_logging_rings(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    answer, metrics = answered(monkeypatch, called, Completeness((), (), "switched off"))

    assert answer["logging"] == "switched off"
    assert metrics["LoggingChanged"] == 1
