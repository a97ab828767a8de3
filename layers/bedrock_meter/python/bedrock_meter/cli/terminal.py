"""Text from callers on a terminal: ids, keys and reasons may be hostile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_meter.domain.records.shown_text import shown_text

if TYPE_CHECKING:
    from rich.text import Text

MOST_CHARACTERS = 300
MOST_OF_A_KEY = 1100
"""Keys of S3 have up to 1,024 bytes; a person copies them whole."""


def on_one_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return a text as `shown_text` does: on one line, bounded, and harmless to a terminal."""
    return shown_text(text, most)


def harmless(text: str) -> str:
    """Escape what a terminal would obey in a message of our own, and leave the rest as it is."""
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def quoted(text: str) -> str:
    """Write an id in quotes, safe to print."""
    return f"'{on_one_line(text)}'"


def cell(text: str, style: str = "") -> Text:
    """Write a text into a table of a terminal; nothing in it is taken for markup."""
    from rich.text import Text

    return Text(on_one_line(text), style=style)


def in_json(text: str) -> str:
    """Escape what JSON allows in a text and a terminal would obey."""
    return "".join(char if char.isprintable() else _escaped_in_json(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def _escaped_in_json(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
