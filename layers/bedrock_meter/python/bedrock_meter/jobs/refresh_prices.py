"""Refresh prices: compare what AWS publishes with the book in force, and take what is safe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from bedrock_meter.domain.prices.overlay import Overlaid
from bedrock_meter.domain.prices.price_review import Held, observed_in, reviewed
from bedrock_meter.domain.prices.published import sorted_out, stops_the_refresh
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.pricing.rate import COLUMNS, time_of
from bedrock_meter.domain.time.hours import text_of
from bedrock_meter.ports.prices import BookShelf, Outcome, PriceFeed

ACCEPTED, HELD, STOPPED, UNCHANGED = "accepted", "held", "stopped", "unchanged"

MOST_NAMED = 50  # Names in an outcome, so that it stays readable.
MODEL = COLUMNS.index("model")

type Layered = Callable[[Overlaid], PriceBook]
"""The shipped book with an overlay on it."""

type InForce = Callable[[PriceBook, datetime | None], None]
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
    if unparsed:
        outcome = _outcome(now, STOPPED, book, (), 0, 0, found.unmapped, unparsed, unread)
        shelf.put_outcome(outcome)
        return outcome
    before = shelf.observed()
    seen = observed_in(published, before, unread)
    candidates = [one for one in found.candidates if one.row[MODEL] not in unread]
    review = reviewed(candidates, book, before, seen, now)
    held = _still_held(shelf.held(), review.held)
    shelf.put_held(held)
    addition = Overlaid(rows=review.accepted)
    book = lay_over(addition, shelf=shelf, layered=layered, in_force=in_force)
    shelf.put_observed(seen)
    word = ACCEPTED if review.accepted else HELD if held else UNCHANGED
    outcome = _outcome(
        now, word, book, review.accepted, len(held), review.unchanged, found.unmapped, (), unread
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
    """A disappearance or a change of unit shows once; it waits until a person has seen it."""
    lasting = [one for one in before if one.why in ("disappeared", "unit_changed")]
    return tuple(dict.fromkeys([*lasting, *now]))


def _first_date(rows: Iterable[tuple[str, ...]]) -> datetime | None:
    column = COLUMNS.index("since")
    dates = [time_of("since", row[column]) for row in rows]
    return min((at for at in dates if at), default=None)


def _outcome(
    now: datetime,
    word: str,
    book: PriceBook,
    accepted: Iterable[object],
    held: int,
    unchanged: int,
    unmapped: Iterable[str],
    unparsed: Iterable[str],
    unread: Mapping[str, str],
) -> Outcome:
    return Outcome(
        at=text_of(now),
        outcome=word,
        book=book.id,
        accepted=len(tuple(accepted)),
        held=held,
        unchanged=unchanged,
        unmapped=tuple(unmapped)[:MOST_NAMED],
        unparsed=tuple(unparsed)[:MOST_NAMED],
        unread=tuple(f"{model}: {why}" for model, why in sorted(unread.items()))[:MOST_NAMED],
    )
