"""What calls are valued with: decisions, and the policies and books they put in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from bedrock_meter import prices
from bedrock_meter.compose.stores import Stores
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs import value_calls
from bedrock_meter.jobs.value_calls import Books


def books(stores: Stores) -> Books:
    """Return the source of price books: the shipped one unless a decision named another."""

    def book(book_id: str | None) -> PriceBook:
        if book_id is None or book_id == prices.shipped().id:
            return prices.shipped()
        return stores.shelf.book(book_id)

    return book


def closing_valuation(stores: Stores, now: datetime) -> Callable[[Hour], Valuation]:
    """Return what a close of an hour would value its calls with, now."""
    source = stores.profiles
    return partial(value_calls.closing_valuation, now=now, source=source, **_by(stores))


def remembered_valuation(stores: Stores) -> Callable[[Hour], Valuation]:
    """Return what a close would value calls with, without asking Bedrock anything."""
    return partial(value_calls.remembered_valuation, **_by(stores))


def _by(stores: Stores) -> dict[str, Any]:
    return {"books": books(stores), **stores.named("decisions", "policies", "facts")}
