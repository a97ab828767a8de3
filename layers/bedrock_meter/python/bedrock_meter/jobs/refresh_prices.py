"""Refresh prices: compare what AWS publishes with the book in force, and take what is safe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from bedrock_meter.domain.prices.overlay import Overlaid
from bedrock_meter.domain.prices.price_review import Held, Reviewed, observed_in, reviewed
from bedrock_meter.domain.prices.published import sorted_out, stops_the_refresh
from bedrock_meter.domain.pricing.price_book import PriceBook, Row
from bedrock_meter.domain.pricing.rate import RateRow, rate_of
from bedrock_meter.domain.time.hours import text_of
from bedrock_meter.ports.prices import BookShelf, Outcome, PriceFeed

ACCEPTED, HELD, STOPPED, UNCHANGED = "accepted", "held", "stopped", "unchanged"

MOST_NAMED = 50  # Names in an outcome, so that it stays readable.

type Layered = Callable[[Overlaid], PriceBook]
"""The shipped book with an overlay on it."""

type InForce = Callable[[PriceBook, datetime | None], object]
"""Decide that a book holds from a time on; None: from now on."""


def refresh_prices(
    *,
    now: datetime,
    feed: PriceFeed,
    shelf: BookShelf,
    names: Mapping[str, str],
    layered: Layered,
    in_force: InForce,
) -> Outcome:
    """Run one refresh. Nothing is taken while a name that looks like tokens is not understood.

    The book is kept, then decided, then its rows join the overlay: dying in between, the next run
    finds the same rows again and repeats the same writes. Nothing is decided about a model whose
    offers could not be read: what else is published of it may be an older price.
    """
    published, unread = feed.read()
    overlaid = shelf.overlay()
    book = layered(overlaid)
    found = sorted_out(published, {**names, **overlaid.names}, now)
    unparsed = stops_the_refresh(found.unparsed)
    review, word = Reviewed((), (), 0), STOPPED
    if not unparsed:
        before = shelf.observed()
        seen = observed_in(published, before, unread)
        candidates = [one for one in found.candidates if one.row.model not in unread]
        review = reviewed(candidates, book, before, seen, now)
        review = review._replace(held=_still_held(shelf.held(), review.held))
        shelf.put_held(review.held)
        addition = Overlaid(rows=review.accepted)
        book = lay_over(addition, shelf=shelf, layered=layered, in_force=in_force)
        shelf.put_observed(seen)
        word = ACCEPTED if review.accepted else HELD if review.held else UNCHANGED
    outcome = Outcome(
        at=text_of(now),
        outcome=word,
        book=book.id,
        accepted=len(review.accepted),
        held=len(review.held),
        unchanged=review.unchanged,
        unmapped=found.unmapped[:MOST_NAMED],
        unparsed=tuple(unparsed)[:MOST_NAMED],
        unread=tuple(f"{model}: {why}" for model, why in sorted(unread.items()))[:MOST_NAMED],
    )
    shelf.put_outcome(outcome)
    return outcome


def approve(
    chosen: Iterable[Held],
    *,
    shelf: BookShelf,
    layered: Layered,
    in_force: InForce,
) -> PriceBook:
    """Take held changes that a person approved; the others go on waiting."""
    approved = list(chosen)
    rows = tuple(one.row for one in approved if one.row)
    book = lay_over(Overlaid(rows), shelf=shelf, layered=layered, in_force=in_force)
    shelf.put_held(one for one in shelf.held() if one not in approved)
    return book


def lay_over(
    addition: Overlaid,
    *,
    shelf: BookShelf,
    layered: Layered,
    in_force: InForce,
    since: datetime | None = None,
) -> PriceBook:
    """Add to the overlay, keep the book that results, and put it in force.

    From `since` on, or from the first date of the rows that are new, or from now.
    """
    before = shelf.overlay()
    added = [row for row in addition.rows if row not in before.rows]
    whole = Overlaid(
        rows=(*before.rows, *added),
        accepted=tuple(dict.fromkeys([*before.accepted, *addition.accepted])),
        names={**before.names, **addition.names},
    )
    book = layered(whole)
    if whole.rows or whole.accepted:
        shelf.put_book(book)
        in_force(book, since or _first_date(added))
    if whole != before:
        shelf.put_overlay(whole)
    return book


def _still_held(before: tuple[Held, ...], now: tuple[Held, ...]) -> tuple[Held, ...]:
    """Keep disappearances and changes of unit, which show once, until a person has seen them."""
    lasting = [one for one in before if one.why in ("disappeared", "unit_changed")]
    return tuple(dict.fromkeys([*lasting, *now]))


def _first_date(rows: Iterable[Row]) -> datetime | None:
    dates = (rate_of(RateRow._make(row)).since for row in rows)
    return min((at for at in dates if at), default=None)
