"""The scheduled comparison of prices: what it answers, and the metric somebody watches."""

from typing import Any

import pytest

from bedrock_meter.price_source import Outcome
from functions.refresh_prices import app
from tests.functions.conftest import Job


def test_what_waits_for_a_person_is_counted(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    outcome = Outcome("2026-11-21T05:45:00Z", "stopped", "b", 0, 2, 900, ("Name",), ("x (y)",))
    job = Job(outcome)
    monkeypatch.setattr(app, "job", lambda: job)

    answer, metrics = called(app, {})

    assert (answer["outcome"], answer["held"], answer["unparsed"]) == ("stopped", 2, ("x (y)",))
    assert metrics["PriceDifferences"] == 3
    assert job.asked[0]["now"].tzinfo is not None
