"""Shown text: what callers wrote, made fit to be read by people on one line."""

MOST_SHOWN = 64
"""Characters of a caller's text in a sentence: enough for an id, too few for a letter."""

_ELLIPSIS = "…"


def shown_text(text: str, most: int = MOST_SHOWN) -> str:
    """Write text on one line of at most `most` characters, whatever it holds.

    Control characters, line breaks, marks that turn the direction of writing and all other that
    cannot be seen become `\\n`, `\\x1b`, `\\u202e`; a backslash becomes two, so that nothing is
    mistaken for those. What is too long ends with an ellipsis. Plain text stays as it is.
    """
    shown = ""
    for char in text:
        piece = _escaped(char)
        if len(shown) + len(piece) > most:
            return _cut(text, most)
        shown += piece
    return shown


def is_shown_as_is(text: str, most: int = MOST_SHOWN) -> bool:
    """Return whether people see exactly this text: only then can they write it off a screen."""
    return shown_text(text, most) == text


def _cut(text: str, most: int) -> str:
    shown = ""
    for char in text:
        piece = _escaped(char)
        if len(shown) + len(piece) >= most:
            break
        shown += piece
    return shown + _ELLIPSIS


def _escaped(char: str) -> str:
    if char == "\\":
        return "\\\\"
    return char if char.isprintable() else char.encode("unicode_escape").decode()
