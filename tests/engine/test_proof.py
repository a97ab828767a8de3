"""The proof line can fail: it names the total, the number and the direction."""

from decimal import Decimal

from engine.demo.proof import differences
from engine.demo.readings import StoredHour
from tests.oracle.totals import HourSum

KEY = ("acme", "2026-11-21T05")


def a_reading(cost: str = "1.5", tokens: int = 10) -> StoredHour:
    """Make a stored total of one request."""
    return StoredHour(1, 0, tokens, Decimal(cost), 0, 0)


def a_sum(cost: str = "1.5", tokens: int = 10) -> HourSum:
    """Make a recomputed total of one request."""
    return HourSum(requests=1, tokens=tokens, cost_usd=Decimal(cost))


def test_equal_totals_have_no_difference():
    assert differences("live", {KEY: a_reading()}, {KEY: a_sum()}) == []


def test_a_difference_names_where_it_is_and_which_way():
    (found,) = differences("live", {KEY: a_reading(cost="1.75")}, {KEY: a_sum(cost="1.5")})

    assert str(found) == (
        "live total of acme in 2026-11-21T05: cost_usd is 1.75, recomputed 1.5 (too much: +0.25)"
    )


def test_a_total_that_is_missing_is_a_difference():
    found = differences("closed", {}, {KEY: a_sum()})

    assert {difference.field for difference in found} == {"requests", "tokens", "cost_usd"}


def test_a_total_that_should_not_be_there_is_a_difference():
    found = differences("live", {KEY: a_reading(), (None, KEY[1]): a_reading()}, {KEY: a_sum()})

    assert {difference.tenant for difference in found} == {None}


def test_a_single_token_or_the_last_digit_is_enough():
    last_digit = "1.500000000000000001"

    assert differences("live", {KEY: a_reading(tokens=11)}, {KEY: a_sum()})
    assert differences("live", {KEY: a_reading(cost=last_digit)}, {KEY: a_sum()})
