"""One word per thing: words that were given up do not come back."""

from pathlib import Path

import pytest

from tests.docs.retired_words import (
    GONE,
    ROOT,
    Place,
    Retired,
    files,
    places_in,
    remaining,
)


def test_words_that_are_gone_stand_nowhere() -> None:
    assert [str(place) for place in remaining(GONE)] == []


def test_every_kind_of_file_is_read() -> None:
    read = set(files())

    assert {"README.md", "Makefile", "template.yaml", "samconfig.toml"} <= read
    assert {Path(name).parts[0] for name in read} >= {"docs", "layers", "functions", "tests"}
    assert str(Path(__file__).relative_to(ROOT).with_name("retired_words.py")) not in read


ANY = (Retired("sheet, sheets", "rate card"), Retired("peer file", "third-party price file"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("the rates of a Sheet", "sheet"),
        ("def put_sheets(sheets_of):", "sheets"),
        ("class SheetOfRates:", "sheet"),
        ("a `peer_file` or a PeerFile", "peer file"),
        ("a peer\nfile", "peer file"),
    ],
)
def test_a_retired_word_is_found_as_a_whole_word_of_text_and_names(text: str, words: str) -> None:
    assert {place.words for place in places_in("a.py", text, ANY)} == {words}


def test_a_piece_of_another_word_is_not_taken_for_it() -> None:
    assert list(places_in("a.py", "a spreadsheet, worksheets, a peer, a file", ANY)) == []


def test_a_place_has_its_line_and_the_name_of_a_file_counts() -> None:
    (named, written) = places_in("domain/sheet.py", "rates\nof a sheet\n", ANY)

    assert (named.line, written) == (0, Place("domain/sheet.py", 2, "sheet", "rate card"))


def test_a_word_is_retired_only_where_it_meant_the_thing() -> None:
    here = (Retired("post, case", "queue", ("simulate/*",)),)

    assert list(places_in("docs/client.md", "post the case", here)) == []
    assert len(list(places_in("simulate/a.py", "post the case", here))) == 2
    assert list(places_in("simulate/a.py", "match x:\n    case 1:\n", here)) == []


def test_plain_english_that_never_meant_the_thing_is_allowed() -> None:
    tell = (Retired("tell, told", "notify, sent"),)

    assert list(places_in("a.md", "told apart; tell apart", tell)) == []
    assert len(list(places_in("a.md", "a notice is told; tell it", tell))) == 2
