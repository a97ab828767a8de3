"""The daily comparison: what is taken, what waits for a person, what stops it altogether."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bedrock_meter import prices
from bedrock_meter.domain.prices.published import Published
from bedrock_meter.domain.pricing.charge import charge_for
from bedrock_meter.domain.pricing.model import model_of
from bedrock_meter.domain.pricing.money import plain, usd_of
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.jobs.refresh_prices import approve, refresh_prices
from bedrock_meter.local.books import ListedPrices, MemoryBooks

NOW = datetime(2026, 11, 21, 6, tzinfo=UTC)
NOVEMBER = "2026-11-20T00:00:00Z"
NOVA = "amazon.nova-lite-v1:0"


def a_price(usage_type: str = "USE1-NovaLite-input-tokens", usd: str = "0.00006", **more: str):
    """Nova Lite's input in us-east-1, 0.06 dollars for a million: as in the shipped book."""
    price: dict[str, str] = {
        "origin": "price_list",
        "usage_type": usage_type,
        "region": "us-east-1",
        "unit": "1K tokens",
        "usd": usd,
        "effective": NOVEMBER,
    }
    return Published(**price | more)


class Refresh:
    """A shelf, and refreshes of it with whatever AWS publishes that day."""

    def __init__(self) -> None:
        self.shelf = MemoryBooks()
        self.decided: list[tuple[str, datetime | None]] = []

    def __call__(self, *published: Published, now: datetime = NOW, unread: Any = None) -> Any:
        return refresh_prices(
            now=now,
            feed=ListedPrices(*published, unread=unread),
            shelf=self.shelf,
            names=prices.shipped_names(),
            layered=prices.layered,
            in_force=self.in_force,
        )

    def in_force(self, book: PriceBook, since: datetime | None) -> None:
        assert self.shelf.book(book.id).id == book.id  # a book is kept before it is decided
        self.decided.append((book.id, since))

    @property
    def book(self) -> PriceBook:
        return prices.layered(self.shelf.overlay())

    def cost(self, at: datetime = NOW, model: str = NOVA, region: str = "us-east-1") -> str | None:
        charge = charge_for(
            {"input_tokens": 1_000_000},
            book=self.book,
            model=model_of(model),
            region=region,
            tier="standard",
            at=at,
        )
        return None if charge.amount is None else plain(usd_of(charge.amount))


@pytest.fixture
def refresh() -> Refresh:
    return Refresh()


def test_an_unchanged_price_changes_nothing(refresh):
    outcome = refresh(a_price())

    assert (outcome.outcome, outcome.unchanged, outcome.accepted) == ("unchanged", 1, 0)
    assert refresh.book is prices.shipped()
    assert refresh.decided == []
    assert refresh.shelf.outcome() == outcome


def test_a_small_dated_change_is_taken_from_its_date_on_and_gives_the_book_another_id(refresh):
    outcome = refresh(a_price(usd="0.00005"))

    assert (outcome.outcome, outcome.accepted, outcome.held) == ("accepted", 1, 0)
    assert refresh.cost() == "0.05"
    assert refresh.cost(datetime(2026, 11, 19, 23, 59, tzinfo=UTC)) == "0.06"
    assert outcome.book == refresh.book.id != prices.shipped().id
    assert refresh.decided == [(outcome.book, datetime(2026, 11, 20, tzinfo=UTC))]


def test_the_same_refresh_a_second_time_repeats_nothing(refresh):
    first = refresh(a_price(usd="0.00005"))
    second = refresh(a_price(usd="0.00005"), now=NOW + timedelta(days=1))

    assert (second.outcome, second.book) == ("unchanged", first.book)
    assert len(refresh.shelf.overlay().rows) == 1


@pytest.mark.parametrize(
    ("price", "why"),
    [
        (a_price(usd="0.00010"), "more_than_50_percent"),
        (a_price(usd="0.00002"), "more_than_50_percent"),
        (a_price(usd="0.0000000000"), "new_zero"),
        (a_price(usd="0.00007", effective="2026-01-01T00:00:00Z"), "would_change_the_past"),
        (a_price(usd="0.06", region="eu-south-1"), "slip_of_unit"),
        (
            a_price("USE1-acme.brain-input-tokens", model="acme.brain"),
            "new_model",
        ),
    ],
)
def test_what_is_not_safe_waits_for_a_person(refresh, price, why):
    outcome = refresh(price)

    (held,) = refresh.shelf.held()
    assert (outcome.outcome, outcome.held, outcome.accepted) == ("held", 1, 0)
    assert held.why == why
    assert refresh.book is prices.shipped()


def test_half_is_still_taken(refresh):
    assert refresh(a_price(usd="0.00009")).accepted == 1


def test_a_first_price_in_another_region_fills_the_gap(refresh):
    region = {"region": "eu-south-1", "usage_type": "EUS1-NovaLite-input-tokens"}
    assert refresh.cost(region="eu-south-1") is None

    refresh(a_price(usd="0.00008", **region))

    assert refresh.cost(region="eu-south-1") == "0.08"
    assert refresh.cost(model=f"eu.{NOVA}", region="eu-south-1") == "0.08"


def test_a_regional_price_of_claude_that_agrees_confirms_and_one_that_does_not_wins(refresh):
    opus = {"service": "Claude Opus 5 (Amazon Bedrock Edition)", "unit": "Units"}
    ireland = {"region": "eu-west-1", "usage_type": "EU-MP:EU_InputTokenCount-Units"}

    assert refresh(a_price(usd="5.5", **opus, **ireland)).unchanged == 1
    refresh(a_price(usd="6", **opus, **ireland))

    assert refresh.cost(model="anthropic.claude-opus-5", region="eu-west-1") == "6"
    assert refresh.cost(model="anthropic.claude-opus-5", region="eu-west-2") == "5.5"


@pytest.mark.parametrize(
    "price",
    [
        a_price("USE1-NovaLite-input-tokens-turbo"),
        a_price("USE1-NovaLite-thinking-tokens"),
        a_price(unit="1B tokens"),
        a_price(usd="-0.00006"),
        a_price(usd="0.00000000000001"),
        a_price(region="nowhere"),
    ],
)
def test_a_price_that_looks_like_tokens_and_is_not_understood_stops_everything(refresh, price):
    outcome = refresh(price, a_price("USE1-NovaLite-output-tokens", usd="0.0002"))

    assert (outcome.outcome, outcome.accepted) == ("stopped", 0)
    assert price.usage_type in outcome.unparsed[0]
    assert refresh.book is prices.shipped()
    assert refresh.shelf.observed() == {}


def test_what_is_not_for_us_or_of_nobody_we_know_does_not_stop_it(refresh):
    outcome = refresh(
        a_price(),
        a_price("USE1-NovaLite-input-tokens-custom-model"),
        a_price("USE1-DataTransfer-Out-Bytes", unit="GB"),
        a_price("USE1-SuperBrain9-input-tokens"),
    )

    assert (outcome.outcome, outcome.unmapped) == ("unchanged", ("SuperBrain9",))


def test_the_operator_can_teach_a_name(refresh):
    overlaid = refresh.shelf.overlay()._replace(names={"SuperBrain9": NOVA})
    refresh.shelf.put_overlay(overlaid)

    assert refresh(a_price("USE1-SuperBrain9-input-tokens")).unmapped == ()


def test_a_disappearance_waits_and_deletes_nothing(refresh):
    refresh(a_price())

    outcome = refresh(now=NOW + timedelta(days=1))

    (held,) = refresh.shelf.held()
    assert (outcome.outcome, held.why, held.row) == ("held", "disappeared", ())
    assert refresh.cost() == "0.06"
    again = refresh(now=NOW + timedelta(days=2))
    assert again.held == 1  # it goes on waiting


CLAUDE = {"origin": "agreement_offer", "model": "anthropic.claude-opus-5", "unit": "Units"}
OFFERED = a_price("USE1_InputTokenCount", usd="5.5", effective="", **CLAUDE)
REFUSED = {"anthropic.claude-opus-5": "AccessDeniedException"}


def test_what_could_be_read_is_taken_when_the_offers_of_a_model_could_not(refresh):
    outcome = refresh(a_price(usd="0.00005"), unread=REFUSED)

    assert (outcome.outcome, outcome.accepted) == ("accepted", 1)
    assert outcome.unread == ("anthropic.claude-opus-5: AccessDeniedException",)
    assert refresh.cost() == "0.05"


def test_what_could_not_be_read_has_not_disappeared(refresh):
    refresh(a_price(), OFFERED)

    missed = refresh(a_price(), now=NOW + timedelta(days=1), unread=REFUSED)
    again = refresh(a_price(), OFFERED, now=NOW + timedelta(days=2))
    gone = refresh(a_price(), now=NOW + timedelta(days=3))

    assert (missed.held, again.held, gone.held) == (0, 0, 1)


def test_nothing_is_decided_about_a_model_whose_offers_could_not_be_read(refresh):
    opus = {"service": "Claude Opus 5 (Amazon Bedrock Edition)", "unit": "Units"}
    ireland = {"region": "eu-west-1", "usage_type": "EU-MP:EU_InputTokenCount-Units"}

    outcome = refresh(a_price(usd="6", **opus, **ireland), unread=REFUSED)

    assert (outcome.outcome, outcome.accepted, outcome.held) == ("unchanged", 0, 0)


def test_a_change_of_unit_waits_even_when_the_price_agrees_with_it(refresh):
    refresh(a_price())

    refresh(a_price(usd="0.05", unit="1M tokens"), now=NOW + timedelta(days=1))

    assert {held.why for held in refresh.shelf.held()} == {"unit_changed"}
    assert refresh.cost() == "0.06"


def test_two_sources_that_disagree_wait_both(refresh):
    haiku = {"unit": "Units", "model": "anthropic.claude-opus-5", "origin": "agreement_offer"}
    outcome = refresh(
        a_price("USE1_input_tokens_standard", usd="5.6", **haiku),
        a_price("USE1_InputTokenCount", usd="5.7", **haiku),
    )

    assert [held.why for held in refresh.shelf.held()] == ["sources_disagree"] * 2
    assert outcome.accepted == 0


def test_a_stale_twin_and_a_mantle_double_give_way_to_the_current_price(refresh):
    luna = {
        "unit": "Units",
        "model": "openai.gpt-5.6-luna",
        "origin": "agreement_offer",
        "effective": "",
    }
    outcome = refresh(
        a_price("USE1_cache_read_tokens_global_standard", usd="0.02", **luna),
        a_price("USE1_cached_input_tokens_global_standard", usd="0.1", **luna),
        a_price("USE1-gpt-oss-120b-input-tokens", usd="0.00015"),
        a_price("USE1-openai.gpt-oss-120b-mantle-input-tokens-standard", usd="0.0002"),
    )

    assert (outcome.outcome, outcome.unchanged) == ("unchanged", 2)


def test_long_context_prices_are_compared_in_the_band_the_book_knows(refresh):
    luna = {"unit": "Units", "model": "openai.gpt-5.6-luna", "effective": ""}
    sonnet = luna | {"model": "anthropic.claude-sonnet-4-6"}
    outcome = refresh(
        a_price("USE1_input_tokens_global_standard", usd="0.2", **luna),
        a_price("USE1_input_tokens_long_ctx_global_standard", usd="0.4", **luna),
        a_price("USE1_InputTokenCount_LCtx_Global", usd="3", **sonnet),
    )
    assert (outcome.outcome, outcome.unchanged) == ("unchanged", 3)

    refresh(a_price("USE1_InputTokenCount_LCtx_Global", usd="6", **sonnet))

    assert "threshold_unknown" in {held.why for held in refresh.shelf.held()}


def test_what_a_person_approves_is_taken_and_the_rest_goes_on_waiting(refresh):
    refresh(a_price(usd="0.0006"), a_price("USE1-NovaLite-output-tokens", usd="0.0024"))
    first, second = refresh.shelf.held()

    book = approve([first], shelf=refresh.shelf, layered=prices.layered, in_force=refresh.in_force)

    assert refresh.shelf.held() == (second,)
    assert refresh.decided == [(book.id, datetime(2026, 11, 20, tzinfo=UTC))]
    assert refresh.cost() == "0.6"
    assert len(refresh(a_price(usd="0.0006")).unparsed) == 0


def test_a_book_on_the_shelf_stands_for_itself(refresh):
    refresh(a_price(usd="0.00005"))
    book = refresh.book

    again = prices.book_of_text(prices.book_text(book))

    assert again.id == book.id
    assert [rate.id for rate in again.rates()] == [rate.id for rate in book.rates()]
    spoiled = prices.book_text(book).replace("0.05", "0.04")
    with pytest.raises(prices.BadBookFile, match="its content is that of"):
        prices.book_of_text(spoiled)
