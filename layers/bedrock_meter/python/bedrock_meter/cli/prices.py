"""`bedrock-meter prices`: what is in the price book, why a rate applies, what changed."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bedrock_meter import prices
from bedrock_meter.cli import prices_add, prices_import, prices_review
from bedrock_meter.cli.books import (
    Accept,
    At,
    Overlay,
    book_at,
    book_in_force,
    moment,
    refuse_unknown_tier,
)
from bedrock_meter.cli.options import Json
from bedrock_meter.cli.output import print_json, print_line, refuse, say
from bedrock_meter.cli.spelling import nearest
from bedrock_meter.cli.terminal import quoted
from bedrock_meter.domain.prices.book_diff import changes_between
from bedrock_meter.domain.prices.book_invariants import INVARIANTS, violations_of
from bedrock_meter.domain.prices.explanation import explain_model, explain_rate
from bedrock_meter.domain.pricing.model import model_of
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.pricing.rate import BadRate, Rate, shown_time
from bedrock_meter.domain.pricing.region import AWS, is_region
from bedrock_meter.domain.time.hours import in_force

VIOLATED = 1

app = typer.Typer(help="The price book: list, explain, compare, add, import, check.")
app.command("add")(prices_add.add)
app.command("import")(prices_import.import_prices)
app.command("refreshed")(prices_review.refreshed)
app.command("held")(prices_review.held)
app.command("approve")(prices_review.approve)
app.command("apply")(prices_review.apply)

Pattern = Annotated[
    str, typer.Argument(metavar="PATTERN", help="Model keys, with *; e.g. 'anthropic.*'.")
]


@app.command("list")
def list_rates(
    pattern: Pattern = "*",
    kind: Annotated[str, typer.Option(help="Kind of usage, with *.")] = "*",
    tier: Annotated[str, typer.Option(help="Service tier, with *.")] = "*",
    every: Annotated[bool, typer.Option("--all", help="Past and unused rates, too.")] = False,
    at: At = None,
    json: Json = False,
    overlay: Overlay = None,
    accept: Accept = None,
) -> None:
    """List the rates of the book, one row each."""
    book = book_in_force(overlay, accept)
    when = moment(at)
    chosen = [
        rate
        for rate in book.rates()
        if fnmatchcase(rate.model, pattern)
        and fnmatchcase(rate.kind, kind)
        and fnmatchcase(rate.tier, tier)
        and (every or (book.bills(rate) and in_force(when, rate.since, rate.until)))
    ]
    if not chosen:
        _refuse_unknown(book, pattern, kind, tier)
    if json:
        rows = {row.id: row for row in book.rows()}
        for rate in chosen:
            print_json(rows[rate.id]._asdict())
    else:
        Console(width=None if Console().is_terminal else 200).print(_table(chosen))
    say(f"{len(chosen)} of {sum(1 for _ in book.rates())} rates, book {book.id}")


def _refuse_unknown(book: PriceBook, pattern: str, kind: str, tier: str) -> None:
    """End the command when an option matches nothing in the book."""
    rates = list(book.rates())
    for name, word, known in (
        ("PATTERN", pattern, {rate.model for rate in rates}),
        ("--kind", kind, {rate.kind for rate in rates}),
        ("--tier", tier, {rate.tier for rate in rates}),
    ):
        if not any(fnmatchcase(one, word) for one in known):
            refuse(f"{name}: nothing in the book matches {quoted(word)}; {_hint(word, known)}")


def _hint(word: str, known: Iterable[str]) -> str:
    around = f"*{word.strip('*')}*"
    if any(fnmatchcase(one, around) for one in known):
        return f"it must match the whole name: did you mean {quoted(around)}?"
    return nearest(word.strip("*"), known, "`bedrock-meter prices list` shows all rates")


def _table(rates: list[Rate]) -> Table:
    table = Table(box=None, header_style="bold")
    for name in ("rate", "model", "kind", "USD", "per", "where", "tier", "since", "confidence"):
        # Ids are there to be copied: a narrow terminal breaks them, and never cuts them.
        table.add_column(name, no_wrap=name in {"rate", "USD"}, overflow="fold")
    for rate in rates:
        where = rate.shown_places + ("" if rate.partition == AWS else f" ({rate.partition})")
        since = shown_time(rate.since) + (f" to {shown_time(rate.until)}" if rate.until else "")
        billed = rate.confidence if rate.billed else f"{rate.confidence}, not billed"
        price = (rate.shown_kind, rate.usd, str(rate.per))
        table.add_row(rate.id, rate.model, *price, where, rate.tier, since, billed)
    return table


@app.command()
def explain(
    what: Annotated[str, typer.Argument(help="Id of a rate, or a model id or ARN as logged.")],
    region: Annotated[str, typer.Option(help="Region of the caller.")] = "us-east-1",
    tier: Annotated[str, typer.Option(help="Service tier.")] = "standard",
    at: At = None,
    overlay: Overlay = None,
    accept: Accept = None,
) -> None:
    """Explain where a rate comes from. For a model: which rates apply to a call, and why."""
    book = book_in_force(overlay, accept)
    if rate := next((rate for rate in book.rates() if rate.id == what), None):
        for line in explain_rate(rate, book, prices.citation_of(rate.source)):
            print_line(line)
        return
    if not is_region(region):
        refuse(f"--region: {region!r} is not a Region (such as us-east-1)")
    refuse_unknown_tier(tier, book)
    for line in explain_model(what, region, tier, moment(at), book):
        print_line(line)
    model = model_of(what)
    if model.resolved and not model.commitment and not book.rates_of(model.key):
        hint = nearest(model.key, book.models(), "`bedrock-meter prices list` shows all")
        refuse(f"{quoted(what)}: no such rate or model in the book; {hint}")


@app.command()
def diff(
    old: Annotated[str, typer.Argument(help="'shipped', an overlay, or a folder of .tsv files.")],
    new: Annotated[str, typer.Argument(help="The same, to compare with.")] = "shipped",
    json: Json = False,
) -> None:
    """Compare two books: rates added, removed, closed or changed."""
    changes = changes_between(book_at(old), book_at(new))
    for change in changes:
        print_json(change._asdict()) if json else typer.echo(str(change))
    say(f"{len(changes)} differences")


@app.command()
def check(
    source: Annotated[
        str, typer.Argument(help="'shipped', an overlay, or a folder of .tsv files.")
    ] = "shipped",
    json: Json = False,
) -> None:
    """Check that the rates of a book agree. Exit code 1 when they do not."""
    book = book_at(source)
    try:
        rates = list(book.rates())
    except BadRate as bad:
        refuse(str(bad))
    violations = violations_of(book)
    for violation in violations:
        print_json(violation._asdict()) if json else typer.echo(str(violation))
    counts = f"{len(rates)} rates, {len(INVARIANTS)} invariants, {len(violations)} violations"
    say(f"{counts}, book {book.id}")
    if violations:
        raise typer.Exit(VIOLATED)
