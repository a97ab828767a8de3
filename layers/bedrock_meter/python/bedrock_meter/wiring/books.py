"""Books: which price book an id means."""

from typing import Any

from bedrock_meter import prices
from bedrock_meter.aws.s3_books import S3Books
from bedrock_meter.domain.price_book import PriceBook
from bedrock_meter.jobs.value_calls import Books


def books(s3: Any, bucket: str) -> Books:
    """Give the source of price books: the shipped one where nobody decided otherwise."""
    shelf = S3Books(s3, bucket)

    def book(book_id: str | None) -> PriceBook:
        return prices.shipped() if book_id is None else shelf.book(book_id)

    return book
