"""Pricing: which price book an id means."""

from typing import Any

from bedrock_meter import prices
from bedrock_meter.domain.price_book import PriceBook
from bedrock_meter.jobs.value_calls import Books


def books(_s3: Any, _bucket: str) -> Books:
    """Give the source of price books."""

    def book(_book_id: str | None) -> PriceBook:
        return prices.shipped()

    return book
