"""Rates, books and calls for tests of prices, with everything in place but what a test is about."""

from datetime import UTC, datetime
from typing import Any

from bedrock_meter import prices
from bedrock_meter.domain.pricing.charge import Charge, charge_for
from bedrock_meter.domain.pricing.model import model_of
from bedrock_meter.domain.pricing.money import plain, usd_of
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.pricing.rate import RateRow, id_of

MODEL = "acme.brain-1"
NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)


def a_row(usd: str = "3", **changes: str) -> RateRow:
    """A row of the book: 3 dollars for 1M input tokens of one model, in us-east-1."""
    row = RateRow(
        model=MODEL,
        kind="input_tokens",
        per="1000000",
        usd=usd,
        where="in_region@us-east-1",
        partition="aws",
        tier="standard",
        confidence="high",
        bill="yes",
        source="a test",
    )
    row = row._replace(**changes)
    return row._replace(id=changes.get("id", id_of(row)))


def a_book(*rows: tuple[str, ...], **more: Any) -> PriceBook:
    """A book of these rows."""
    return PriceBook(rows, **more)


def a_charge(usage: dict[str, int], *, model: str = MODEL, **changes: Any) -> Charge:
    """A call at noon in us-east-1 at the standard tier, by the shipped book if no other."""
    call: dict[str, Any] = {
        "book": prices.shipped(),
        "region": "us-east-1",
        "tier": "standard",
        "at": NOON,
    }
    return charge_for(usage, model=model_of(model), **(call | changes))


def dollars(charge: Charge) -> str | None:
    """The amount of a charge in plain notation; None when it has none."""
    return None if charge.amount is None else plain(usd_of(charge.amount))


def priced(charge: Charge) -> str:
    """The priced part of a charge in plain notation."""
    return plain(usd_of(charge.priced))
