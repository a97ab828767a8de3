"""An operator's overlay: rows laid over the shipped price book, and rates accepted for billing.

    {"overlay": 1, "rows": [{"model": …, "kind": …, …}], "accept": ["r0123456789"],
     "names": {"Claude7Opus": "anthropic.claude-opus-7"}}

Rows have the columns of the book; the id may be left out. `names` teaches the refresh what a
model is called in AWS's price list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bedrock_meter.domain.pricing.rate import COLUMNS, BadRate, row_of

VERSION = 1
_FIELDS = {"overlay", "rows", "accept", "names"}


class BadOverlay(ValueError):
    """An overlay that cannot be used; the message names the file and place, and what would do."""


class Overlaid(NamedTuple):
    """What an overlay says."""

    rows: tuple[tuple[str, ...], ...] = ()
    accepted: tuple[str, ...] = ()
    names: Mapping[str, str] = {}


def overlay_of(text: str, name: str) -> Overlaid:
    """Read an overlay, every row of it; nothing of it is used when one is bad."""
    try:
        document = json.loads(text, parse_float=str)
    except json.JSONDecodeError as bad:
        raise BadOverlay(f"{name}:{bad.lineno}:{bad.colno}: not JSON: {bad.msg}") from None
    except RecursionError:
        raise BadOverlay(f"{name}:1:1: not JSON: nested too deeply") from None
    if not isinstance(document, dict) or document.get("overlay") != VERSION:
        raise BadOverlay(f'{name}: not an overlay: {{"overlay": {VERSION}, "rows": […]}}')
    if unknown := sorted(set(document) - _FIELDS):
        raise BadOverlay(f"{name}: unknown field {unknown[0]!r}")
    rows, accept = document.get("rows", []), document.get("accept", [])
    names = document.get("names", {})
    if not isinstance(rows, list) or not _texts(accept):
        raise BadOverlay(f"{name}: rows is a list of rows, accept a list of rate ids")
    if not isinstance(names, dict) or not _texts(list(names.values())):
        raise BadOverlay(f"{name}: names is an object of texts")
    read = tuple(_row(row, f"{name}: rows[{number}]") for number, row in enumerate(rows))
    return Overlaid(read, tuple(accept), names)


def overlay_text(overlaid: Overlaid) -> str:
    """Write an overlay: one row per line, so that two of them compare well."""
    rows = [json.dumps(shown_row(row), ensure_ascii=False) for row in overlaid.rows]
    accept = json.dumps(list(overlaid.accepted))
    names = json.dumps(dict(sorted(overlaid.names.items())), ensure_ascii=False)
    listed = "\n  " + ",\n  ".join(rows) + "\n" if rows else ""
    head = f'{{"overlay": {VERSION},\n "rows": [{listed}],\n'
    return f'{head} "accept": {accept},\n "names": {names}}}\n'


def shown_row(row: Sequence[str]) -> dict[str, str]:
    """Return a row as an object, without its empty fields."""
    return {column: text for column, text in zip(COLUMNS, row, strict=True) if text}


def _row(document: object, where: str) -> tuple[str, ...]:
    if not isinstance(document, dict):
        raise BadOverlay(f"{where}: a row is an object by column")
    try:
        return row_of(document)
    except BadRate as bad:
        raise BadOverlay(f"{where}.{bad}") from None


def _texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(value, str) for value in values)
