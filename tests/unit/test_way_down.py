"""What a state says has to happen before a level falls: one phrase a signal, in its own unit."""

import pytest

from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.signals import readings_for
from bedrock_meter.domain.levels.way_down import way_down
from bedrock_meter.domain.pricing.money import ATTO
from tests.level_builders import NOON, a_budget, a_reading, a_spend

ORANGE = Level.ORANGE


@pytest.mark.parametrize(
    ("signal", "limit", "value", "said"),
    [
        ("day_cost", 800, 852, "the day's cost is below 72 % (now 85.2 %)"),
        ("month_tokens", 500, 501, "the month's tokens are below 45 % (now 50.1 %)"),
        ("cost_5m", 3 * ATTO, 4 * ATTO, "the cost of 5 minutes is below 2.70 USD (now 4.00 USD)"),
        ("tokens_per_minute", 5000, 6000, "tokens per minute are below 900 (now 1200)"),
        ("errors", 500, 600, "failed calls are below 45 % (now 60 %)"),
        ("deviation", 4000, 5500, "the last hour is below 3.6 × (now 5.5 ×)"),
        ("month_end", 1000, 1040, "the forecast for the month is below 90 % (now 104 %)"),
        (
            "month_exhaustion",
            500_000,
            600_000,
            "the month's budget lasts longer than 2.2 hours at the current pace (now 100 minutes)",
        ),
    ],
)
def test_a_signal_names_the_value_below_which_it_holds_nothing(
    signal: str, limit: int, value: int, said: str
) -> None:
    reading = a_reading(ORANGE, signal=signal)._replace(limit=limit, value=value, margin=10)

    assert way_down(reading) == said


def test_tokens_without_a_rate_have_no_margin() -> None:
    reading = a_reading(Level.YELLOW, signal="unpriced")._replace(limit=1, value=12)

    assert way_down(reading) == "tokens of today without a rate are below 1 (now 12)"


def test_a_reading_knows_the_margin_of_its_plan() -> None:
    plan = a_budget(day="100", margin=20)

    found = {one.signal: one for one in readings_for(a_spend(day="60"), plan, None, NOON)}

    assert way_down(found["day_cost"]) == "the day's cost is below 40 % (now 60 %)"
