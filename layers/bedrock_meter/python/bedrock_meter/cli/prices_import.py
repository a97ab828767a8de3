"""`bedrock-meter prices import`: a third-party price file as an overlay."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from bedrock_meter import prices
from bedrock_meter.cli.books import read_overlay
from bedrock_meter.cli.files import bytes_of, replace, text_of
from bedrock_meter.cli.output import refuse, say
from bedrock_meter.domain.prices.overlay import Overlaid, overlay_text
from bedrock_meter.domain.prices.third_party_files import BadThirdPartyFile, third_party_file_of
from bedrock_meter.domain.prices.third_party_import import (
    BARE_AND_GEO,
    BARE_IN_REGION,
    BadImport,
    Imported,
    ImportOptions,
    imported_from,
)


class Unit(StrEnum):
    """The tokens that a price of the file buys."""

    THOUSAND = "1K"
    MILLION = "1M"


class Bare(StrEnum):
    """What an id without a scope prefix stands for."""

    IN_REGION = BARE_IN_REGION
    IN_REGION_AND_GEO = BARE_AND_GEO


def import_prices(
    file: Annotated[Path, typer.Argument(help="A pricing.csv or models.json.")],
    unit: Annotated[Unit | None, typer.Option(help="The tokens that a price buys.")] = None,
    bare: Annotated[Bare | None, typer.Option(help="What ids without a scope prefix mean.")] = None,
    since: Annotated[str | None, typer.Option(help="First day, if the file has no dates.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Regions, if the file has none.")] = None,
    write: Annotated[Path | None, typer.Option(help="Overlay file to add the rows to.")] = None,
) -> None:
    """Compare a third-party price file with the book. --write adds its prices to an overlay."""
    per = None if unit is None else {Unit.THOUSAND: 1_000, Unit.MILLION: 1_000_000}[unit]
    options = ImportOptions(per, bare.value if bare else None, since, tuple(region or ()))
    existing = read_overlay(write) if write and write.exists() else Overlaid()
    imported = _imported(file, options, existing)
    for line in imported.inferred:
        say(f"inferred {line}")
    for line in imported.compared:
        typer.echo(line)
    for line in imported.review:
        say(f"for review: {line}")
    if write is None:
        say(f"{len(imported.rows)} rows; nothing written (state --write OVERLAY)")
        return
    rows = tuple(dict.fromkeys([*existing.rows, *imported.rows]))
    replace(write, overlay_text(existing._replace(rows=rows)), "--write ")
    say(f"{len(imported.rows)} rows written to {write}")


def _imported(file: Path, options: ImportOptions, existing: Overlaid) -> Imported:
    source = f"import of {file.name} sha256:{sha256(bytes_of(file)).hexdigest()[:12]}"
    book = prices.layered(existing)
    try:
        read = third_party_file_of(text_of(file), file.name)
        return imported_from(read, options, book, source, datetime.now(UTC))
    except (BadThirdPartyFile, BadImport) as bad:
        refuse(str(bad))
