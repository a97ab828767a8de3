"""The demo end to end, small, with two numbers changed behind the meter's back."""

import io

import pytest
from rich.console import Console

from engine.demo import Options, play
from engine.demo.application import QUESTIONS
from engine.demo.document import document
from engine.demo.screen import show

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.timeout(420)]


def test_the_demo_meters_everything_and_finds_exactly_what_was_tampered_with():
    run = play(Options(tamper=True, calls=700))

    told = document(run)
    levels = {tenant["tenant"]: tenant["level"] for tenant in told["tenants"]}
    assert {(each.which, each.field) for each in run.differences} == {
        ("live", "tokens"),
        ("closed", "tokens"),
    }
    assert told["differences"] == 2
    assert told["records"] == sum(
        told[part] for part in ("charged", "unpriced", "failed_calls", "rejected", "duplicates")
    )
    assert len(levels) >= 25
    assert levels["ember-works"] == "red"
    assert run.compared["live"] > run.compared["closed"] > 0
    _someone_was_refused_and_someone_served(run)


def _someone_was_refused_and_someone_served(run):
    """The example application stops who runs away, serves who behaves, and names both."""
    assert run.visit is not None
    guests = {guest.tenant: guest for guest in run.visit.guests}
    runaway, good = guests["ember-works"], guests["globex"]
    assert (runaway.answered, good.answered) == (0, QUESTIONS)
    assert "in 5 minutes" in runaway.why
    assert 0 < runaway.again_in < 25 * 60
    assert {"application": "chat", "tenantId": "globex"} in run.visit.seen
    assert "ember-works" not in {metadata["tenantId"] for metadata in run.visit.seen}
    screen = Console(record=True, width=110, file=io.StringIO())
    show(run, screen)
    assert "An application that obeys" in screen.export_text()
