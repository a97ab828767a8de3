"""`bedrock-meter prices import`: the price files people already have, as an overlay of ours."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from bedrock_meter import prices
from bedrock_meter.cli.books import read_overlay
from bedrock_meter.cli.output import refuse, say, why_unread
from bedrock_meter.domain.prices.overlay import Overlaid, overlay_text
from bedrock_meter.domain.prices.third_party_files import BadThirdPartyFile, third_party_file_of
from bedrock_meter.domain.prices.third_party_import import (
    BadImport,
    Imported,
    ImportOptions,
    imported_from,
)


class Unit(StrEnum):
    """Tokens that a price of the file is for."""

    THOUSAND = "1K"
    MILLION = "1M"


class Bare(StrEnum):
    """What an id without scope prefix stands for."""

    IN_REGION = "in_region"
    IN_REGION_AND_GEO = "in_region_and_geo"


def import_prices(
    file: Annotated[Path, typer.Argument(help="pricing.csv or models.json.")],
    unit: Annotated[Unit | None, typer.Option(help="Tokens a price is for.")] = None,
    bare: Annotated[Bare | None, typer.Option(help="What ids without prefix mean.")] = None,
    since: Annotated[str | None, typer.Option(help="First day, where the file has none.")] = None,
    region: Annotated[list[str] | None, typer.Option(help="Where the file names none.")] = None,
    write: Annotated[Path | None, typer.Option(help="Overlay to add the rows to.")] = None,
) -> None:
    """Compare a price file with the book; add it to an overlay with --write."""
    per = None if unit is None else {Unit.THOUSAND: 1_000, Unit.MILLION: 1_000_000}[unit]
    terms = ImportOptions(per, bare.value if bare else None, since, tuple(region or ()))
    existing = read_overlay(write) if write and write.exists() else Overlaid()
    imported = _imported(file, terms, existing)
    for line in imported.inferred:
        say(f"inferred {line}")
    for line in imported.compared:
        typer.echo(line)
    for line in imported.review:
        say(f"for review: {line}")
    if write is None:
        say(f"{len(imported.rows)} rows; nothing written (state --write OVERLAY)")
        return
    _write(write, existing, imported)
    say(f"{len(imported.rows)} rows written to {write}")


def _imported(file: Path, terms: ImportOptions, existing: Overlaid) -> Imported:
    try:
        content = file.read_bytes()
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as bad:
        refuse(f"{file}: cannot be read: {why_unread(bad)}")
    source = f"import of {file.name} sha256:{sha256(content).hexdigest()[:12]}"
    book = prices.with_overlay(existing.rows, existing.accepted)
    try:
        read = third_party_file_of(text, file.name)
        return imported_from(read, terms, book, source, datetime.now(UTC))
    except (BadThirdPartyFile, BadImport) as bad:
        refuse(str(bad))


def _write(path: Path, existing: Overlaid, imported: Imported) -> None:
    """Write the overlay whole, beside the old one and then in its place."""
    rows = dict.fromkeys([*existing.rows, *imported.rows])
    draft = path.with_name(path.name + ".draft")
    try:
        draft.write_text(overlay_text(existing._replace(rows=tuple(rows))), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        refuse(f"--write {path}: cannot be written: {error.strerror}")
