"""The demo end to end, small, with two numbers changed behind the meter's back."""

import pytest

from engine.demo import Options, play
from engine.demo.document import document

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
