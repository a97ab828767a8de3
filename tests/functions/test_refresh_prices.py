"""The scheduled comparison of prices: what it answers, and the metric somebody watches."""

from typing import Any

import pytest

from bedrock_meter.ports.prices import Outcome
from functions.refresh_prices import app
from tests.functions.conftest import CONTEXT, Job, metrics_in


def test_what_waits_for_a_person_is_counted(monkeypatch: pytest.MonkeyPatch, called: Any) -> None:
    outcome = Outcome("2026-11-21T05:45:00Z", "stopped", "b", 0, 2, 900, ("Name",), ("x (y)",))
    job = Job(outcome)
    monkeypatch.setattr(app, "job", lambda: job)

    answer, metrics = called(app, {})

    assert (answer["outcome"], answer["held"], answer["unparsed"]) == ("stopped", 2, ("x (y)",))
    assert metrics["PriceDifferences"] == 3
    assert job.asked[0]["now"].tzinfo is not None


def test_offers_that_could_not_be_read_are_an_error_after_the_rest_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unread = ("openai.x: AccessDeniedException",)
    outcome = Outcome("2026-11-21T05:45:00Z", "accepted", "b", 3, 0, 900, (), (), unread)
    monkeypatch.setattr(app, "job", lambda: Job(outcome))

    with pytest.raises(app.PricesUnread, match=r"1 models, the first: openai\.x"):
        app.handler({}, CONTEXT)

    assert metrics_in(capsys.readouterr().out)["PriceDifferences"] == 0
