"""Contracts change exact list prices exactly, and keep list and rule beside the amount."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.pricing.contract import BadContract, contract_of
from bedrock_meter.domain.pricing.money import usd_of
from tests.price_builders import a_book, a_charge, a_row, dollars

OPUS = "us.anthropic.claude-opus-5-5"
USAGE = {"input_tokens": 1_000_000, "output_tokens": 100_000}


def under(document, usage=USAGE, **call):
    return a_charge(usage, **({"model": OPUS, "contract": contract_of(document)} | call))


def test_a_fixed_rate_replaces_list_for_the_kinds_it_names():
    charge = under({"kind": "fixed", "id": "c-7", "rates": {"input_tokens": "3.9"}})

    assert dollars(charge) == "6.1"  # 3.9 + 0.1 × 22
    assert charge.lines()[0].term.rate_id == "contract:c-7"
    assert (usd_of(charge.list_priced()), charge.contract) == (Decimal("6.6"), "c-7")


def test_a_percentage_off_and_a_markup_start_from_list():
    assert dollars(under({"kind": "percent", "off": "12.5"})) == "5.775"
    assert dollars(under({"kind": "markup", "percent": "20"})) == "7.92"
    assert under({"kind": "percent", "off": "12.5"}).lines()[0].term.usd == "3.85"
    assert dollars(under({"kind": "percent", "off": "100"})) == "0"


@given(
    st.integers(0, 100_000),
    st.dictionaries(st.sampled_from(["input_tokens", "output_tokens"]), st.integers(1, 10**9)),
)
def test_p_percent_off_is_exactly_that_share_of_list(thousandths, usage):
    percent = Decimal(thousandths).scaleb(-3)

    charge = under({"kind": "percent", "off": str(percent)}, usage)

    assert charge.amount * 100_000 == charge.list_priced() * (100_000 - thousandths)


def test_a_contract_prices_a_kind_that_list_does_not_and_then_there_is_no_list_cost():
    rates = {"cache_write_1h_tokens": "20"}
    model = "us.anthropic.claude-opus-4-1-20250805-v1:0"

    charge = under({"kind": "fixed", "rates": rates}, {"cache_write_1h_tokens": 5000}, model=model)

    assert (dollars(charge), charge.list_priced()) == ("0.1", None)


def test_a_contract_for_every_model_says_nothing_about_an_unknown_one():
    rates = {"kind": "fixed", "rates": {"input_tokens": "1"}}

    assert under(rates, {"input_tokens": 1}, model="acme.brain").reason == "unknown_model"
    named = under(rates | {"match": "acme.*"}, {"input_tokens": 1_000_000}, model="acme.brain")
    assert dollars(named) == "1"


def test_a_percentage_leaves_what_has_no_rate_unpriced():
    charge = under({"kind": "percent", "off": "5"}, {"input_tokens": 1, "input_images": 1})

    assert (charge.status, charge.unpriced) == ("partial_unpriced", {"input_images": 1})


def test_a_contract_holds_within_its_dates_and_for_its_models():
    document = {"kind": "percent", "off": "50", "since": "2026-11-01", "until": "2026-12-01"}

    assert dollars(under(document)) == "3.3"
    assert dollars(under(document, at=datetime(2026, 12, 1, tzinfo=UTC))) == "6.6"
    assert under(document, at=datetime(2026, 12, 1, tzinfo=UTC)).contract is None
    assert dollars(under(document | {"match": "amazon.*"})) == "6.6"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"kind": "gift"}, "none of fixed, percent, markup"),
        ({"kind": "percent", "off": "101"}, "more than 100 percent"),
        ({"kind": "percent", "off": "12.3456"}, "more than three decimals"),
        ({"kind": "percent", "off": "-1"}, "out of range"),
        ({"kind": "percent", "off": "x"}, "not a decimal number"),
        ({"kind": "percent", "off": True}, "write the number as text"),
        ({"kind": "percent"}, "write the number as text"),
        ({"kind": "percent", "off": "1", "percent": "1"}, "unknown field 'percent'"),
        ({"kind": "markup", "percent": "1", "tier": "flex"}, "unknown field 'tier'"),
        ({"kind": "fixed"}, "needs rates"),
        ({"kind": "fixed", "rates": {"tokens": "1"}}, "rates.tokens: no such kind"),
        ({"kind": "fixed", "rates": {"input_tokens": "-1"}}, "is negative"),
        ({"kind": "fixed", "rates": {"input_tokens": "0.00000001"}}, "finer than 1e-13"),
        ({"kind": "percent", "off": "1", "since": "2026-01-01T00:00:00"}, "no time zone"),
        ({"kind": "percent", "off": "1", "since": "01-31-2026"}, "is not a date"),
    ],
)
def test_a_contract_that_cannot_be_meant_is_refused_in_one_line(document, message):
    with pytest.raises(BadContract, match=message) as refusal:
        contract_of(document)

    assert "\n" not in str(refusal.value)


def test_the_same_contract_prices_call_after_call_from_one_rate_card():
    contract = contract_of({"kind": "percent", "off": "5"})
    book = a_book(a_row())

    first = a_charge({"input_tokens": 1}, contract=contract, book=book)
    second = a_charge({"input_tokens": 2}, contract=contract, book=book)

    assert first.terms is second.terms
