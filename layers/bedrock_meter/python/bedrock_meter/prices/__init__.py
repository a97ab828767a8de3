"""The shipped price book, and how an operator's overlay is laid over it.

The `.tsv` files are the book: one row per rate, one file per provider, reviewed as a diff. They
are read as they are, so there is no compiled form that could drift from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from bedrock_meter.domain.place import place_of
from bedrock_meter.domain.price_book import PriceBook, Row, Rule
from bedrock_meter.domain.rate import COLUMNS, BadRate, rate_of

FOLDER = Path(__file__).parent
_RULE_COLUMNS = ["rule", "model", "where", "partition", "basis"]


class BadBookFile(ValueError):
    """A file of the book that cannot be read; the message names file, line and column."""


@cache
def shipped() -> PriceBook:
    """The book as released; one object per process."""
    return PriceBook(shipped_rows(), shipped_rules())


@cache
def shipped_rows() -> tuple[Row, ...]:
    """Every row of the released book, as texts in the order of COLUMNS."""
    return tuple(row for path in sorted(FOLDER.glob("*.tsv")) for row in rows_of(path))


@cache
def shipped_rules() -> tuple[Rule, ...]:
    """The rule rows: where rates hold beyond the Region they were published for."""
    rows = _table(FOLDER / "rules.txt", _RULE_COLUMNS)
    return tuple(
        Rule(name, model, tuple(map(place_of, where.split())), partition, basis)
        for name, model, where, partition, basis in rows
    )


def rows_of(path: Path) -> list[Row]:
    """The rows of one file of the book."""
    return _table(path, COLUMNS)


def read_folder(folder: Path) -> PriceBook:
    """A book from a folder of such files, every row read; BadBookFile names line and column."""
    rows = [row for path in sorted(folder.glob("*.tsv")) for row in _checked(path)]
    if not rows:
        raise BadBookFile(f"{folder}: no .tsv file with rates")
    return PriceBook(rows, shipped_rules())


def _checked(path: Path) -> list[Row]:
    rows = rows_of(path)
    for number, row in enumerate(rows, 2):
        try:
            rate_of(dict(zip(COLUMNS, row, strict=True)))
        except BadRate as bad:
            before = COLUMNS.index(bad.column)
            column = 1 + sum(len(text) + 1 for text in row[:before])
            raise BadBookFile(f"{path.name}:{number}:{column}: {bad}") from None
    return rows


def citation_of(source: str) -> str:
    """A row's source with its short names written out."""
    for line in (FOLDER / "sources.txt").read_text().splitlines():
        short, _, full = line.partition("\t")
        source = source.replace(short, full)
    return source


def _table(path: Path, columns: list[str]) -> list[Row]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as bad:
        raise BadBookFile(f"{path.name}: byte {bad.start}: not UTF-8") from None
    lines = lines[:-1] if lines[-1] == "" else lines
    if not lines or lines[0].split("\t") != columns:
        raise BadBookFile(f"{path.name}:1:1: the first line must name {' '.join(columns)}")
    rows: list[Row] = [line.split("\t") for line in lines[1:]]
    for number, row in enumerate(rows, 2):
        if len(row) != len(columns):
            column = len(lines[number - 1]) + 1
            raise BadBookFile(
                f"{path.name}:{number}:{column}: {len(row)} fields where {len(columns)} belong"
            )
    return rows


def with_overlay(rows: Iterable[Row], accepted: Iterable[str] = ()) -> PriceBook:
    """The shipped book with an operator's rows over it; the id tells the two apart.

    A row that begins when a shipped row of the same key begins takes its place; where both hold
    at the same places since the same time, the operator's is used.
    """
    added = [tuple(row) for row in rows]
    taken = {_key(row) for row in added}
    kept = [row for row in shipped_rows() if _key(row) not in taken]
    return PriceBook(kept, shipped_rules(), accepted, added)


_KEYED = ("model", "kind", "where", "partition", "tier", "band", "resolution", "quality", "since")
_KEY = [COLUMNS.index(name) for name in _KEYED]


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row[index] for index in _KEY)
