"""The shipped price book, and how an operator's overlay is laid over it.

The `.tsv` files are the book: one row per rate, one file per provider, reviewed as a diff. They
are read as they are; there is no compiled form that could differ from them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from bedrock_meter.domain.prices.overlay import Overlaid
from bedrock_meter.domain.pricing.input_count import InputCount, input_count_of
from bedrock_meter.domain.pricing.place import place_of
from bedrock_meter.domain.pricing.price_book import PriceBook, Row, Rule
from bedrock_meter.domain.pricing.rate import COLUMNS, BadRate, RateRow, rate_of
from bedrock_meter.domain.time.hours import text_of

FOLDER = Path(__file__).parent
_INPUT_COUNT_COLUMNS = ("model", "since", "until", "input", "basis")
_RULE_COLUMNS = ("rule", "model", "from", "where", "partition", "basis")


class BadBookFile(ValueError):
    """A file of the book that cannot be read; the message names file, line and column."""


@cache
def shipped() -> PriceBook:
    """Return the book as released; one object per process."""
    return book_of(shipped_rows())


def book_of(
    rows: Iterable[Row], accepted: Iterable[str] = (), overlay: Iterable[Row] = ()
) -> PriceBook:
    """Return a book of rows with the rules and input counts of the released one."""
    return PriceBook(rows, shipped_rules(), accepted, overlay, shipped_input_counts())


@cache
def shipped_rows() -> tuple[RateRow, ...]:
    """Return every row of the released book."""
    return tuple(row for path in sorted(FOLDER.glob("*.tsv")) for row in rows_of(path))


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """Return the rule rows: where rates hold beyond the Region they were published for."""
    rows = _table(FOLDER / "rules.txt", _RULE_COLUMNS)
    return tuple(map(_rule, rows))


@cache
def shipped_input_counts() -> tuple[InputCount, ...]:
    """Return what logged input counts mean where that is not as documented."""
    return tuple(map(input_count_of, _table(FOLDER / "input_counts.txt", _INPUT_COUNT_COLUMNS)))


def _rule(row: Row) -> Rule:
    name, model, base, where, partition, basis = row
    places = tuple(map(place_of, where.split()))
    return Rule(name, model, place_of(base), places, partition, basis)


@cache
def shipped_names() -> dict[str, str]:
    """Return model keys by their names in AWS's price list; a model key is its own name."""
    rows = _table(FOLDER / "names.txt", ("name", "model", "evidence"))
    return {model: model for model in shipped().models()} | {row[0]: row[1] for row in rows}


def rows_of(path: Path) -> list[RateRow]:
    """Return the rows of one file of the book."""
    return list(map(RateRow._make, _table(path, COLUMNS)))


def read_folder(folder: Path) -> PriceBook:
    """Read a book from a folder of such files; BadBookFile names line and column."""
    rows = [row for path in sorted(folder.glob("*.tsv")) for row in _checked(path)]
    if not rows:
        raise BadBookFile(f"{folder}: no .tsv file with rates")
    return book_of(rows)


def _checked(path: Path) -> list[RateRow]:
    rows = rows_of(path)
    for number, row in enumerate(rows, 2):
        try:
            rate_of(row)
        except BadRate as bad:
            before = COLUMNS.index(bad.column)
            column = 1 + sum(len(text) + 1 for text in row[:before])
            raise BadBookFile(f"{path.name}:{number}:{column}: {bad}") from None
    return rows


def citation_of(source: str) -> str:
    """Return a row's source with its short names written out."""
    for line in (FOLDER / "sources.txt").read_text().splitlines():
        short, _, full = line.partition("\t")
        source = source.replace(short, full)
    return source


def _table(path: Path, columns: tuple[str, ...]) -> list[list[str]]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as bad:
        raise BadBookFile(f"{path.name}: byte {bad.start}: not UTF-8") from None
    lines = lines[:-1] if lines[-1] == "" else lines
    if not lines or lines[0] != "\t".join(columns):
        raise BadBookFile(f"{path.name}:1:1: the first line must name {' '.join(columns)}")
    rows = [line.split("\t") for line in lines[1:]]
    for number, row in enumerate(rows, 2):
        if len(row) != len(columns):
            place = f"{path.name}:{number}:{len(lines[number - 1]) + 1}"
            raise BadBookFile(f"{place}: {len(row)} fields instead of {len(columns)}")
    return rows


def with_overlay(rows: Iterable[Row], accepted: Iterable[str] = ()) -> PriceBook:
    """Return the shipped book with an operator's rows added; its id differs from the shipped one.

    A row replaces the shipped row that prices the same thing since the same time.
    """
    added = list(map(RateRow._make, rows))
    taken = set(map(_key, added))
    return book_of((row for row in shipped_rows() if _key(row) not in taken), accepted, added)


def layered(overlaid: Overlaid) -> PriceBook:
    """Return the shipped book with an overlay; the shipped one itself if the overlay is empty."""
    if not overlaid.rows and not overlaid.accepted:
        return shipped()
    return with_overlay(overlaid.rows, overlaid.accepted)


def book_text(book: PriceBook) -> str:
    """Write a book as one complete text, independent of what a later release ships."""
    rules = [
        [name, model, str(base), " ".join(map(str, places)), partition, basis]
        for name, model, base, places, partition, basis in book.rules
    ]
    input_counts = [
        [model, text_of(since) if since else "", text_of(until) if until else "", meaning, basis]
        for model, since, until, meaning, basis in book.input_counts
    ]
    document = {
        "id": book.id,
        "rows": [row for row in book.rows() if not book.is_overlaid(row)],
        "overlay": [row for row in book.rows() if book.is_overlaid(row)],
        "rules": rules,
        "input_counts": input_counts,
        "accept": sorted(book.accepted),
    }
    return json.dumps(document, ensure_ascii=False, indent=0)


def book_of_text(text: str) -> PriceBook:
    """Read a book from such a text; BadBookFile when its content does not match its id."""
    document = json.loads(text)
    rules = map(_rule, document["rules"])
    counts = map(input_count_of, document["input_counts"])
    book = PriceBook(document["rows"], rules, document["accept"], document["overlay"], counts)
    if book.id != document["id"]:
        raise BadBookFile(f"book {document['id']}: its content is that of {book.id}")
    return book


def _key(row: RateRow) -> RateRow:
    """Return what a row prices: all that its id is made of but the price."""
    return row._replace(id="", per="", usd="", until="", confidence="", bill="", source="", note="")
