"""Books: which price book an id means."""

from functools import cache
from typing import Any

from bedrock_meter import prices
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.jobs.value_calls import Books


def books(s3: Any, bucket: str) -> Books:
    """Give the source of price books: the shipped one where nobody decided otherwise."""

    @cache
    def book(book_id: str | None) -> PriceBook:
        if book_id is None or book_id == prices.shipped().id:
            return prices.shipped()
        # Here, because few stacks have a book of their own and every cold start would pay for it.
        from bedrock_meter.aws.s3_books import S3Books

        return S3Books(s3, bucket).book(book_id)

    return book
