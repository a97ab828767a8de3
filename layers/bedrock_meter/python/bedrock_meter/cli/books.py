"""Which price book a command works with: the shipped one, or an operator's overlay on it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bedrock_meter import prices
from bedrock_meter.cli.output import refuse, why_unread
from bedrock_meter.domain.prices.overlay import BadOverlay, Overlaid, overlay_of
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.pricing.rate import BadRate
from bedrock_meter.domain.time.hours import parse_time

Overlay = Annotated[
    Path | None, typer.Option("--overlay", help="Rows of your own, added to the shipped book.")
]
Accept = Annotated[
    list[str] | None,
    typer.Option("--accept", help="Id of a rate that is kept but not billed, to be billed."),
]


def book_in_force(overlay: Path | None, accept: list[str] | None = None) -> PriceBook:
    """The shipped book with the overlay and the accepted rates, or one line saying what is bad."""
    overlaid = read_overlay(overlay) if overlay else Overlaid((), ())
    accepted = [*overlaid.accepted, *(accept or ())]
    if not overlaid.rows and not accepted:
        return prices.shipped()
    book = prices.with_overlay(overlaid.rows, accepted)
    try:
        ids = {rate.id: rate for rate in book.rates()}
    except BadRate as bad:
        refuse(f"{overlay}: {bad}")
    for rate_id in accepted:
        if rate_id not in ids:
            refuse(f"--accept: {rate_id!r} is not a rate of the book")
        if not ids[rate_id].places:
            refuse(f"--accept: {rate_id} does not say where it holds; add a row of your own")
    return book


def read_overlay(path: Path) -> Overlaid:
    """An overlay file, checked row by row."""
    try:
        return overlay_of(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as bad:
        refuse(f"{path}: cannot be read: {why_unread(bad)}")
    except BadOverlay as bad:
        refuse(str(bad))


def book_at(source: str) -> PriceBook:
    """The book that a word or a path names: `shipped`, an overlay file, a folder of .tsv files."""
    if source == "shipped":
        return prices.shipped()
    path = Path(source)
    if not path.is_dir():
        return book_in_force(path)
    try:
        return prices.read_folder(path)
    except prices.BadBookFile as bad:
        refuse(str(bad))


def moment(text: str | None, option: str = "--at") -> datetime:
    """The time an option names, or now."""
    if text is None:
        return datetime.now(UTC)
    try:
        return parse_time(text)
    except ValueError:
        refuse(f"{option}: {text!r} is not a time with a zone (such as 2026-11-15T12:00:00Z)")
