"""Text of strangers on a terminal: ids, keys and reasons come from callers, who may be hostile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bedrock_meter.domain.records.shown_text import shown_text

if TYPE_CHECKING:
    from rich.text import Text

MOST_CHARACTERS = 300
MOST_OF_A_KEY = 1100
"""Keys of S3 have up to 1,024 bytes; a person copies them whole."""


def on_one_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """Write a text so that it can do nothing but be read: on one line, bounded.

    Control characters, line ends and marks that turn the direction of writing become escapes such
    as `\\n` and `\\u202e`; a backslash is doubled, so that no two texts look alike.
    """
    return shown_text(text, most)


def harmless(text: str) -> str:
    """Escape what a terminal would obey in a message of our own, and leave the rest as it is."""
    return text if text.isprintable() else "".join(map(_visible, text))


def quoted(text: str) -> str:
    """Write an id in quotes, safe to print."""
    return f"'{on_one_line(text)}'"


def cell(text: str, style: str = "") -> Text:
    """Write a text into a table of a terminal; nothing in it is taken for markup."""
    from rich.text import Text

    return Text(on_one_line(text), style=style)


def in_json(text: str) -> str:
    """Escape what JSON allows in a text and a terminal would obey."""
    return text if text.isprintable() else "".join(map(_escaped_in_json, text))


def _escaped(char: str) -> str:
    if char == "\\":
        return "\\\\"
    return char if char.isprintable() else char.encode("unicode_escape").decode("ascii")


def _visible(char: str) -> str:
    return char if char == "\\" else _escaped(char)


def _escaped_in_json(char: str) -> str:
    if char.isprintable():
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
