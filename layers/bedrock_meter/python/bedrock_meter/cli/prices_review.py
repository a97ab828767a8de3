"""`bedrock-meter prices held|approve|apply|refreshed`: what the comparison left to a person."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bedrock_meter import prices
from bedrock_meter.cli.books import book_in_force, moment, read_overlay
from bedrock_meter.cli.options import Json, on_stack
from bedrock_meter.cli.output import print_json, refuse, say
from bedrock_meter.cli.stack import Stack
from bedrock_meter.domain.prices.price_review import Held
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.jobs.put_book_in_force import put_book_in_force
from bedrock_meter.jobs.refresh_prices import InForce, lay_over
from bedrock_meter.jobs.refresh_prices import approve as take_approved


@on_stack
def refreshed(
    stack: Stack,
) -> None:
    """Show how the last comparison with AWS's prices ended."""
    outcome = stack.stores.shelf.outcome()
    if outcome is None:
        refuse(f"stack {stack.name!r} has not compared its prices yet")
    print_json(outcome._asdict())


@on_stack
def held(
    stack: Stack,
    json: Json = False,
) -> None:
    """List the price changes that wait for a person. `approve` takes their numbers."""
    waiting = stack.stores.shelf.held()
    for number, one in enumerate(waiting, 1):
        line = f"{number:4} {one.why}: {one.what}: {one.old_usd} → {one.new_usd}"
        print_json({"number": number, **one._asdict()}) if json else typer.echo(line)
    say(f"{len(waiting)} changes wait")


@on_stack
def approve(
    stack: Stack,
    numbers: Annotated[list[int] | None, typer.Argument(help="Numbers from `prices held`.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Approve everything that waits.")] = False,
) -> None:
    """Put held changes in force. One without a price (a disappearance) is noted as seen."""
    shelf = stack.stores.shelf
    chosen = _chosen(shelf.held(), numbers or [], every)
    book = take_approved(chosen, shelf=shelf, layered=prices.layered, in_force=_in_force(stack))
    say(f"{len(chosen)} changes approved; book {book.id} is in force")


@on_stack
def apply(
    file: Annotated[Path, typer.Argument(help="An overlay file, such as `prices import` writes.")],
    stack: Stack,
    since: Annotated[
        str | None, typer.Option(help="When they begin; their first date if left out, or now.")
    ] = None,
) -> None:
    """Put rates of your own in force. They join the stack's overlay and hold from their dates."""
    overlaid = read_overlay(file)
    book_in_force(file)  # Says in one line what is wrong with the book that would result.
    book = lay_over(
        overlaid,
        shelf=stack.stores.shelf,
        layered=prices.layered,
        in_force=_in_force(stack),
        since=moment(since, "--since") if since else None,
    )
    say(f"{len(overlaid.rows)} rows added to the overlay; book {book.id} is in force")


def _in_force(stack: Stack) -> InForce:
    def in_force(book: PriceBook, since: datetime | None) -> None:
        stores = stack.stores.named("decisions", "evidence", "hours")
        if asked := put_book_in_force(book, since, now=datetime.now(UTC), **stores):
            say(f"{len(asked)} closed hours will be closed again, the first {asked[0]}")

    return in_force


def _chosen(waiting: tuple[Held, ...], numbers: list[int], every: bool) -> list[Held]:
    if every == bool(numbers):
        refuse("state the numbers that `prices held` shows, or --all")
    if numbers and not waiting:
        refuse("no changes are waiting")
    wrong = [number for number in numbers if not 1 <= number <= len(waiting)]
    if wrong:
        refuse(f"{wrong[0]} is not a number from 1 to {len(waiting)} that `prices held` shows")
    return list(waiting) if every else [waiting[number - 1] for number in numbers]
