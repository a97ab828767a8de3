"""The price book that a command works with: the shipped one, or an operator's overlay on it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bedrock_meter import prices
from bedrock_meter.cli.files import text_of
from bedrock_meter.cli.output import refuse
from bedrock_meter.cli.spelling import nearest
from bedrock_meter.cli.terminal import quoted
from bedrock_meter.domain.prices.overlay import BadOverlay, Overlaid, overlay_of
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.pricing.rate import BadRate
from bedrock_meter.domain.time.hours import parse_time

Overlay = Annotated[
    Path | None,
    typer.Option("--overlay", help="A file with rates of your own, on top of the shipped book."),
]
At = Annotated[str | None, typer.Option("--at", help="A time with its zone; now if left out.")]
Accept = Annotated[
    list[str] | None,
    typer.Option("--accept", help="Id of an unconfirmed rate to use nevertheless."),
]


def book_in_force(overlay: Path | None, accept: list[str] | None = None) -> PriceBook:
    """Return the shipped book with the overlay and the accepted rates; refuse what is wrong."""
    overlaid = read_overlay(overlay) if overlay else Overlaid()
    accepted = (*overlaid.accepted, *(accept or ()))
    book = prices.layered(overlaid._replace(accepted=accepted))
    if book is prices.shipped():
        return book
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
    """Read an overlay file; refuse it when a row is wrong."""
    try:
        return overlay_of(text_of(path), path.name)
    except BadOverlay as bad:
        refuse(str(bad))


def book_at(source: str) -> PriceBook:
    """Return the book of `shipped`, of an overlay file, or of a folder of .tsv files."""
    if source == "shipped":
        return prices.shipped()
    path = Path(source)
    if not path.is_dir():
        return book_in_force(path)
    try:
        return prices.read_folder(path)
    except prices.BadBookFile as bad:
        refuse(str(bad))


def refuse_unknown_tier(tier: str, book: PriceBook) -> None:
    """End the command when no rate of the book is for a service tier."""
    tiers = sorted({rate.tier for rate in book.rates()})
    if tier not in tiers:
        hint = nearest(tier, tiers, f"there are {', '.join(tiers)}")
        refuse(f"--tier {quoted(tier)}: is not a tier; {hint}")


def moment(text: str | None, option: str = "--at") -> datetime:
    """Return the time that an option names, or now."""
    if text is None:
        return datetime.now(UTC)
    try:
        return parse_time(text)
    except ValueError:
        refuse(f"{option}: {text!r} is not a time with a zone (such as 2026-11-15T12:00:00Z)")
