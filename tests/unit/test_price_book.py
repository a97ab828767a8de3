"""The look-up: the closest rate in force for exactly this tier, scope, Region, band and size."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.pricing.model import model_of
from bedrock_meter.domain.pricing.place import place_of
from bedrock_meter.domain.pricing.price_book import PriceBook, Rule
from tests.price_builders import MODEL, NOON, a_book, a_charge, a_row, dollars

A_MILLION = {"input_tokens": 1_000_000}
HERE = place_of("in_region@us-east-1")
JULY = datetime(2026, 7, 1, tzinfo=UTC)


def quoted(book: PriceBook, model: str = MODEL, **call) -> str | None:
    return dollars(a_charge(A_MILLION, model=model, book=book, **call))


def test_a_rate_holds_from_its_first_moment_and_until_the_next_one_begins():
    book = a_book(a_row("3"), a_row("2", since="2026-07-01"))

    assert quoted(book, at=JULY - timedelta(microseconds=1)) == "3"
    assert quoted(book, at=JULY) == "2"


def test_a_rate_that_ended_without_a_successor_prices_nothing():
    book = a_book(a_row("3", until="2026-07-01"))

    assert quoted(book, at=JULY - timedelta(seconds=1)) == "3"
    assert a_charge(A_MILLION, book=book, at=JULY).reason == "no_rate_for_kind"


def test_two_rates_that_hold_at_once_are_ambiguous_and_price_nothing():
    book = a_book(a_row("3", until="2026-12-01"), a_row("2", since="2026-07-01"))

    charge = a_charge(A_MILLION, book=book)

    assert (charge.status, charge.amount, charge.reason) == ("unpriced", None, "ambiguous_rate")


def test_the_exact_region_wins_over_a_geography_and_that_over_everywhere():
    book = a_book(
        a_row("1", where="geo:us@us-east-1"),
        a_row("2", where="geo:us@us-*"),
        a_row("3", where="geo:*@*"),
    )

    regions = ["us-east-1", "us-west-2", "ca-central-1"]
    assert [quoted(book, f"us.{MODEL}", region=region) for region in regions] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ({"region": "eu-west-1"}, "no_rate_for_region"),
        ({"region": "us-gov-west-1"}, "no_rate_for_region"),
        ({"model": "global.amazon.brain-1"}, "no_rate_for_region"),
        ({"model": "us.amazon.brain-1"}, "no_rate_for_region"),
        ({"tier": "flex"}, "no_rate_for_kind"),
        ({"model": "amazon.brain"}, "unknown_model"),
        ({"model": "amazon.brain-10"}, "unknown_model"),
    ],
)
def test_nothing_falls_back_to_another_region_scope_tier_or_name(call, reason):
    book = a_book(a_row(model="amazon.brain-1"))

    charge = a_charge(A_MILLION, book=book, **({"model": "amazon.brain-1"} | call))

    assert (charge.status, charge.reason) == ("unpriced", reason)


def test_a_rate_for_one_cache_ttl_does_not_price_another():
    book = a_book(a_row(kind="cache_write_5m_tokens"))

    charge = a_charge({"cache_write_1h_tokens": 5}, book=book)

    assert charge.reason == "no_rate_for_kind"


def test_a_rule_row_widens_the_in_region_rates_and_says_so():
    rule = Rule("regions_alike", MODEL, HERE, (place_of("in_region@*"),), "aws", "because")
    book = a_book(a_row("3"), rules=[rule])

    assert a_charge(A_MILLION, book=book).assumptions == ()
    widened = a_charge(A_MILLION, book=book, region="eu-west-1")
    assert dollars(widened) == "3"
    assert widened.assumptions == ("regions_alike",)
    assert quoted(book, region="us-gov-west-1") is None
    assert quoted(book, region="us-east-9") is None  # nobody knows this Region


def test_rates_that_are_not_billed_are_kept_but_price_nothing_until_accepted():
    row = a_row(confidence="DISPUTED", bill="no")

    assert quoted(a_book(row)) is None
    accepted = a_charge(A_MILLION, book=a_book(row, accepted=[row[0]]))
    assert dollars(accepted) == "3"
    assert accepted.assumptions == ("rate_not_confirmed",)


def test_the_operators_row_wins_over_a_shipped_one_that_began_at_the_same_time():
    shipped, own = a_row("3"), a_row("2", where="in_region@us-east-1 in_region@us-east-2")

    assert quoted(a_book(shipped, overlay=[own])) == "2"
    assert quoted(a_book(shipped, own)) is None  # in one layer that is ambiguous


def test_a_later_shipped_row_wins_over_an_older_one_of_the_operator():
    book = a_book(a_row("3", since="2026-07-01"), overlay=[a_row("2", since="2026-06-01")])

    assert quoted(book) == "3"


def test_the_id_of_a_book_changes_with_what_it_says_and_with_nothing_else():
    rows = [a_row("3"), a_row("2", since="2026-07-01")]

    book = a_book(*rows)

    assert book.id == a_book(*reversed(rows)).id
    others = [
        a_book(rows[0]),
        a_book(*rows, a_row("4", since="2026-08-01")),
        a_book(rows[0], overlay=rows[1:]),
        a_book(*rows, accepted=[rows[0][0]]),
        a_book(*rows, rules=[Rule("r", MODEL, HERE, (), "aws", "b")]),
    ]
    assert len({book.id, *(other.id for other in others)}) == 6


def test_a_rate_card_is_looked_up_once_and_says_how_long_it_holds():
    book = a_book(
        a_row("3"), a_row("2", since="2026-07-01"), a_row("1", since="2026-09-01", tier="flex")
    )
    model = model_of(MODEL)

    before = book.rate_card_for(model, "us-east-1", "standard", JULY - timedelta(days=1))
    after = book.rate_card_for(model, "us-east-1", "standard", JULY)

    assert (before.since, before.until) == (None, JULY)
    assert (after.since, after.until) == (JULY, None)
    assert book.rate_card_for(model, "us-east-1", "standard", JULY + timedelta(days=9)) is after


def test_a_book_forgets_rate_cards_rather_than_grow_with_what_records_name(monkeypatch):
    monkeypatch.setattr("bedrock_meter.domain.records.memory.MOST_REMEMBERED", 10)
    book = a_book(a_row())

    for number in range(50):
        book.rate_card_for(model_of(f"acme.{number}"), "us-east-1", "standard", NOON)

    assert len(book._rate_cards) <= 10


def test_guardrail_units_of_any_models_call_have_the_guardrails_own_rate():
    book = a_book(
        a_row("3"),
        a_row("0.00015", model="guardrail", kind="guardrail_content_text_units", per="1"),
    )
    usage = {"input_tokens": 1_000_000, "guardrail_content_text_units": 2}

    assert dollars(a_charge(usage, book=book)) == "3.0003"
    assert dollars(a_charge(usage, book=book, tier="flex")) is None  # its tokens have none
    assert a_charge({"guardrail_content_text_units": 2}, book=book, tier="flex").amount


DAYS = st.dates(datetime(2026, 1, 1).date(), datetime(2026, 12, 31).date()).map(str)  # noqa: DTZ001
PRICES = st.integers(0, 10_000).map(lambda cents: f"{cents // 100}.{cents % 100:02d}")


@given(
    st.lists(st.tuples(DAYS, PRICES), unique_by=lambda dated: dated[0], max_size=6), DAYS, PRICES
)
def test_adding_a_later_dated_row_never_changes_an_earlier_charge(dated, day, usd):
    rows = [a_row("7"), *(a_row(price, since=since) for since, price in dated if since != day)]
    added = a_book(*rows, a_row(usd, since=day))
    before = datetime.fromisoformat(f"{day}T00:00:00Z") - timedelta(seconds=1)

    for at in [before, before - timedelta(days=30), datetime(2025, 1, 1, tzinfo=UTC)]:
        assert quoted(added, at=at) == quoted(a_book(*rows), at=at)
    assert quoted(added, at=before + timedelta(seconds=1)) is not None


@given(st.randoms(use_true_random=False), st.sampled_from(["us-east-1", "us-west-2", "eu-west-1"]))
def test_any_permutation_of_rows_gives_the_same_look_up(chance: random.Random, region):
    rows = [
        a_row("1", model="amazon.brain-1", where="in_region@us-east-1 geo:us@us-east-1"),
        a_row("2", model="amazon.brain-1", where="geo:us@us-*"),
        a_row("3", model="amazon.brain-1", where="global@*", since="2026-03-01"),
        a_row("4", model="amazon.brain-1", where="geo:us@us-*", since="2026-05-01"),
        a_row("5", model="amazon.brain-1", where="geo:us@us-*", tier="flex"),
        a_row("6", model="amazon.brain-1", where="geo:us@us-*", kind="output_tokens"),
        a_row("6", model="amazon.brain-1", where="geo:us@us-*", kind="output_tokens", band=">5"),
    ]
    shuffled = chance.sample(rows, len(rows))
    usage = {"input_tokens": 1_000, "output_tokens": 10}

    for model in ("amazon.brain-1", "us.amazon.brain-1", "global.amazon.brain-1"):
        one = a_charge(usage, model=model, book=a_book(*rows), region=region)
        two = a_charge(usage, model=model, book=a_book(*shuffled), region=region)
        assert (one.lines(), one.reason, one.book) == (two.lines(), two.reason, two.book)
