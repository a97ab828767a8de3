"""Money is exact: what would need rounding is refused, what is shown is never calculated with."""

from decimal import Decimal, FloatOperation, Inexact

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.pricing.money import (
    ATTO,
    EXACT,
    BadAmount,
    InexactAmount,
    atto_of,
    plain,
    shown,
    shown_cost,
    usd_of,
)


def test_a_dollar_is_a_million_million_million_attodollars():
    assert atto_of("1") == ATTO == 10**18
    assert atto_of(Decimal("0.0525005")) == 52_500_500_000_000_000


MOST_ATTO = 10**38 - 1  # decimal128(38, 18)


@given(st.integers(-MOST_ATTO, MOST_ATTO))
def test_dollars_and_attodollars_are_two_spellings_of_one_amount(atto):
    assert atto_of(usd_of(atto)) == atto


@pytest.mark.parametrize("usd", ["1e-19", "0.0000000000000000001", "0." + "1" * 1000, "1e-999999"])
def test_what_is_finer_than_an_attodollar_is_refused_rather_than_rounded(usd):
    with pytest.raises(InexactAmount, match="finer than 1e-18"):
        atto_of(usd)


@pytest.mark.parametrize("usd", ["9" * 1000, "1e20", "1e999999999"])
def test_what_has_more_than_twenty_digits_of_dollars_is_refused(usd):
    with pytest.raises(BadAmount, match="more than 20 digits"):
        atto_of(usd)


@pytest.mark.parametrize("usd", ["NaN", "sNaN", "inf", "-Infinity"])
def test_what_is_not_finite_is_no_amount(usd):
    with pytest.raises(BadAmount, match="not a finite number"):
        atto_of(usd)


@pytest.mark.parametrize("usd", ["", "x", "1,5", "$3", "0x10"])
def test_other_text_is_no_amount(usd):
    with pytest.raises(BadAmount, match="not a decimal number"):
        atto_of(usd)


def test_a_refusal_of_a_long_text_stays_one_short_line():
    with pytest.raises(BadAmount) as refusal:
        atto_of("9" * 100_000)

    assert len(str(refusal.value)) < 120
    assert "100000 characters" in str(refusal.value)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("8.25", "8.25"),
        ("8.250000", "8.25"),
        ("850", "850"),
        ("8.5E+2", "850"),
        ("3.5E-8", "0.000000035"),
        ("0", "0"),
        ("0E-18", "0"),
        ("-0.00", "0"),
        ("-1.10", "-1.1"),
    ],
)
def test_amounts_print_without_exponent_and_trailing_zeros(amount, text):
    assert plain(Decimal(amount)) == text


def test_only_what_is_shown_is_rounded_and_half_goes_to_even():
    assert [shown(Decimal(text)) for text in ("0.125", "0.135", "2", "-0.005")] == [
        "0.12",
        "0.14",
        "2.00",
        "-0.00",
    ]
    assert shown(Decimal("1.23456"), 4) == "1.2346"


def test_arithmetic_that_would_round_or_meet_a_binary_fraction_raises():
    with pytest.raises(Inexact):
        EXACT.divide(Decimal(1), Decimal(3))
    with pytest.raises(FloatOperation):
        EXACT.create_decimal(0.1)


def test_a_million_tiny_amounts_add_up_to_the_last_digit():
    one = atto_of("0.00000033")

    assert usd_of(sum(one for _ in range(1_000_000))) == Decimal("0.33")


def test_a_cost_below_a_cent_never_looks_like_nothing():
    costs = map(Decimal, ("0", "0.001468", "0.005", "0.0051", "1.586192"))

    assert [*map(shown_cost, costs)] == ["0.00", "<0.01", "<0.01", "0.01", "1.59"]
