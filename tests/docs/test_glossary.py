"""Each word of the glossary is a word of the code: whole, and used for one thing."""

import re
from pathlib import Path

from tests.docs.identifiers import defined_in, holds, words_of

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/bedrock_meter/python/bedrock_meter"
GLOSSARY = (ROOT / "docs/glossary.md").read_text()
ROW = re.compile(r"^\| ([a-z][^|]*) \| ([^|]+) \|$", re.M)


def entries() -> list[tuple[str, str]]:
    """Return the words of the first table and what they mean."""
    table = GLOSSARY.split("## Statuses")[0]
    return [(word, meaning) for word, meaning in ROW.findall(table) if word != "word"]


def names() -> set[tuple[str, ...]]:
    """Return the names of modules, classes, functions and fields of the package, as words."""
    found: set[tuple[str, ...]] = set()
    for path in PACKAGE.rglob("*.py"):
        found.add(words_of(path.stem))
        found.update(words_of(name) for name in defined_in(path.read_text()))
    return found


def unknown(words: list[str], known: set[tuple[str, ...]]) -> list[str]:
    """Return the words that no name holds whole."""
    return [word for word in words if not any(holds(name, words_of(word)) for name in known)]


def test_every_word_of_the_glossary_is_a_whole_word_of_the_code() -> None:
    words = [word for word, _ in entries()]

    assert len(words) > 50
    assert unknown(words, names()) == []


def test_a_word_that_is_only_a_piece_of_a_word_of_the_code_is_found() -> None:
    known = {words_of(name) for name in ("Manifest", "slot_totals_for", "PriceBook", "closings")}

    assert unknown(["manifest", "slot totals", "price book", "closing"], known) == []
    assert unknown(["man", "fest", "lot totals", "rice book", "book price", "os"], known) == [
        "man", "fest", "lot totals", "rice book", "book price", "os"
    ]  # fmt: skip


def test_pieces_of_words_are_unknown_to_the_package_too() -> None:
    code = "\n".join(path.read_text().lower() for path in PACKAGE.rglob("*.py"))

    for piece in ("mani", "evid", "quaran", "losing"):
        assert piece in code
        assert unknown([piece], names()) == [piece]


def test_a_word_stands_once_and_means_one_thing() -> None:
    words = [word for word, _ in entries()]
    meanings = [meaning for _, meaning in entries()]

    assert len(set(words)) == len(words)
    assert len(set(meanings)) == len(meanings)
    assert not [word for word in words if "," in word]
