"""Words that a person may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from bedrock_meter.cli.terminal import on_one_line

MOST_SHOWN = 3


def nearest(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """Return which known words are spelled most alike, or another hint if none is."""
    found = get_close_matches(word, list(known), MOST_SHOWN, 0.6)
    return f"did you mean {' or '.join(map(on_one_line, found))}?" if found else otherwise
