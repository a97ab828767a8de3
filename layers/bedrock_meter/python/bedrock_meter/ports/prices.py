"""Where published prices come from, and where books and reviews are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from bedrock_meter.domain.prices.overlay import Overlaid
from bedrock_meter.domain.prices.price_review import Held, Observed
from bedrock_meter.domain.prices.published import Published
from bedrock_meter.domain.pricing.price_book import PriceBook


class Feed(NamedTuple):
    """All prices, of all Regions, as published; `unread` has the models not read, with why."""

    published: tuple[Published, ...]
    unread: Mapping[str, str]


class PriceFeed(Protocol):
    """What AWS publishes."""

    def read(self) -> Feed:
        """Read all prices; raise an error rather than leave some out unreported."""


class Outcome(NamedTuple):
    """How a refresh ended."""

    at: str
    outcome: str  # unchanged | accepted | held | stopped
    book: str
    accepted: int
    held: int
    unchanged: int
    unmapped: tuple[str, ...]
    unparsed: tuple[str, ...]
    unread: tuple[str, ...] = ()


class BookShelf(Protocol):
    """The operator's overlay, the books made with it, and what waits for a person."""

    def overlay(self) -> Overlaid:
        """Read the rows laid over the shipped book; empty when there are none."""

    def put_overlay(self, overlaid: Overlaid) -> None:
        """Replace the overlay; raise `Contended` when it was replaced since it was read."""

    def put_book(self, book: PriceBook) -> None:
        """Store a whole book under its id; one that is there already stays."""

    def book(self, book_id: str) -> PriceBook:
        """Read a book; raise `BookMissing` when there is none of this id."""

    def observed(self) -> Observed:
        """Read what was published last time; empty at first."""

    def put_observed(self, observed: Observed) -> None:
        """Remember what is published now."""

    def held(self) -> tuple[Held, ...]:
        """Read what waits for a person."""

    def put_held(self, held: Iterable[Held]) -> None:
        """Replace what waits for a person."""

    def outcome(self) -> Outcome | None:
        """Read how the last refresh ended; None before the first."""

    def put_outcome(self, outcome: Outcome) -> None:
        """Note how a refresh ended."""


class BookMissing(LookupError):
    """A decision names a price book that is gone; a person must look into it."""
