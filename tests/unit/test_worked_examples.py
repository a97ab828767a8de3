"""The worked examples: every answer, and for the ones not certain, what we say and why."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bedrock_meter import prices
from bedrock_meter.domain.prices.quote import answer_for, charge_of, question_of

GOLDEN = Path(__file__).parents[1] / "golden" / "worked_examples.json"
EXAMPLES = json.loads(GOLDEN.read_text())
NOW = datetime(2026, 11, 21, tzinfo=UTC)

# Where our answer is not the expected one, and why. All others, certain or not, are met.
DIFFERENT = {
    "WE077": (
        "medium",
        "the Region of the price per copy minute is assumed: kept, not billed, until accepted",
    ),
}


def answered(example: dict) -> dict:
    question = question_of(example, NOW)
    return answer_for(question, charge_of(question, prices.shipped()))


def meets(example: dict, answer: dict) -> bool:
    expected, amount = example["expected_usd"], answer["amount_usd"]
    if answer["status"] != example["expected_status"] or (expected is None) != (amount is None):
        return False
    return expected is None or Decimal(amount) == Decimal(expected)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["id"])
def test_an_example_is_answered_exactly_or_listed_with_the_reason(example):
    assert meets(example, answered(example)) == (example["id"] not in DIFFERENT)


def test_all_33_certain_examples_are_met():
    certain = [example for example in EXAMPLES if example["confidence"] == "high"]

    amounts = [example for example in certain if example["expected_usd"] is not None]
    assert (len(certain), len(amounts)) == (33, 29)
    assert all(meets(example, answered(example)) for example in certain)
    assert not [one for one in DIFFERENT.values() if one[0] == "high"]


def test_what_describes_an_example_never_changes_its_answer():
    for example in EXAMPLES:
        bare = {
            key: value
            for key, value in example.items()
            if not key.startswith("expected_")
            and key not in ("confidence", "description", "source", "trap", "wrong_answers")
        }
        assert answered(bare) == answered(example)


def test_the_example_we_answer_differently_is_met_once_the_operator_accepts_the_rate():
    example = next(example for example in EXAMPLES if example["id"] == "WE077")
    rates = prices.shipped().rates_of("custom_model_import")
    assumed = next(rate for rate in rates if rate.usd == "0.05718")
    question = question_of(example, NOW)

    book = prices.with_overlay((), [assumed.id])

    answer = answer_for(question, charge_of(question, book))
    assert (answer["status"], answer["amount_usd"]) == ("priced", "1.7154")
    assert answer["assumptions"] == ["rate_not_confirmed"]
