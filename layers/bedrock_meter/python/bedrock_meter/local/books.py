"""The shelf of price books in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bedrock_meter.domain.prices.overlay import Overlaid
from bedrock_meter.domain.prices.price_review import Held, Observed
from bedrock_meter.domain.prices.published import Published
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.ports.prices import BookMissing, Feed, Outcome


class MemoryBooks:
    """`BookShelf` in memory."""

    def __init__(self) -> None:
        self._overlay = Overlaid()
        self._books: dict[str, PriceBook] = {}
        self._observed: Observed = {}
        self._held: tuple[Held, ...] = ()
        self._outcome: Outcome | None = None

    def overlay(self) -> Overlaid:
        return self._overlay

    def put_overlay(self, overlaid: Overlaid) -> None:
        self._overlay = overlaid

    def put_book(self, book: PriceBook) -> None:
        self._books.setdefault(book.id, book)

    def book(self, book_id: str) -> PriceBook:
        if book_id not in self._books:
            raise BookMissing(f"there is no book {book_id}")
        return self._books[book_id]

    def observed(self) -> Observed:
        return self._observed

    def put_observed(self, observed: Observed) -> None:
        self._observed = observed

    def held(self) -> tuple[Held, ...]:
        return self._held

    def put_held(self, held: Iterable[Held]) -> None:
        self._held = tuple(held)

    def outcome(self) -> Outcome | None:
        return self._outcome

    def put_outcome(self, outcome: Outcome) -> None:
        self._outcome = outcome


class ListedPrices:
    """`PriceFeed` of prices given beforehand."""

    def __init__(self, *published: Published, unread: Mapping[str, str] | None = None) -> None:
        self.prices = published
        self.unread = unread or {}

    def read(self) -> Feed:
        return Feed(self.prices, self.unread)
