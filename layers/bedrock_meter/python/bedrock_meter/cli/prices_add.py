"""`bedrock-meter prices add`: one more row in the price files, and which calls it changes."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from bedrock_meter import prices
from bedrock_meter.cli.files import replace
from bedrock_meter.cli.output import print_line, refuse, say
from bedrock_meter.domain.prices.addition import (
    BadAddition,
    broken_by,
    effects_of,
    file_for,
    firsts_of,
    inserted,
    new_row,
    rate_added,
)
from bedrock_meter.domain.pricing.rate import COLUMNS, BadRate, RateRow, shown_time


def add(
    texts: Annotated[
        list[str],
        typer.Argument(
            metavar="COLUMN=TEXT...",
            help="model, kind, usd, where, since, confidence, source; if needed per, partition, "
            "tier, band, resolution, quality, until, bill, note. The id is made from them.",
        ),
    ],
    folder: Annotated[
        Path, typer.Option(help="Where the .tsv files are.", show_default="the package")
    ] = prices.FOLDER,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
) -> None:
    """Add a price to the book's files. Print which calls cost something else because of it."""
    files = _files(folder)
    old = prices.book_of(chain(*files.values()))
    try:
        row = new_row(_by_column(texts))
        name = file_for(row.model, {one.model: name for name in files for one in files[name]})
        files[name] = inserted(files.get(name, ()), row)
        new = prices.book_of(chain(*files.values()))
        rate = rate_added(old, row)
        broken = broken_by(old, new)
    except (BadRate, BadAddition) as bad:
        refuse(str(bad))
    effects = list(effects_of(old, new, rate))
    since = shown_time(rate.since) or "ever"
    for line in effects or ["no call costs anything else"]:
        print_line(f"{rate.model} {rate.kind} {rate.tier} since {since}: {line}")
    for line in (*broken, *firsts_of(old, rate)):
        say(f"for review: {line}")
    path = folder / f"{name}.tsv"
    if dry_run:
        say(f"{rate.id} would be line {_line(files[name], row)} of {path}; nothing written")
        return
    replace(path, "".join("\t".join(one) + "\n" for one in (COLUMNS, *files[name])))
    say(f"{rate.id} is line {_line(files[name], row)} of {path}; book {old.id} → {new.id}")


def _files(folder: Path) -> dict[str, list[RateRow]]:
    try:
        prices.read_folder(folder)
        return {path.stem: prices.rows_of(path) for path in sorted(folder.glob("*.tsv"))}
    except (prices.BadBookFile, OSError) as bad:
        refuse(str(bad))


def _by_column(texts: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        column, equals, value = text.partition("=")
        if not equals or column not in COLUMNS[1:]:
            refuse(f"{text!r}: not COLUMN=TEXT, with a column of {' '.join(COLUMNS[1:])}")
        if column in found:
            refuse(f"{column}: stated twice")
        found[column] = value
    return found


def _line(rows: list[RateRow], row: RateRow) -> int:
    return rows.index(row) + 2  # The first line names the columns.
