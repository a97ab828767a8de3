"""Ids of strangers on a terminal: they can be read, and do nothing else."""

import io
import json

from hypothesis import given
from hypothesis import strategies as some
from rich.console import Console

from bedrock_meter.cli.terminal import MOST_CHARACTERS, cell, harmless, in_json, on_one_line

HOSTILE = some.text() | some.sampled_from(
    ["[/]", "[red]x[/red]", "a\nb", "a\rb", "\x1b[2J", "\x9b31m", "\u202eabc", "\\n", "\x00"]
)


@given(HOSTILE)
def test_a_text_is_one_printable_line_of_bounded_length(text: str) -> None:
    told = on_one_line(text)

    assert told.isprintable()
    assert len(told) <= MOST_CHARACTERS


@given(HOSTILE, HOSTILE)
def test_two_texts_never_look_alike(one: str, other: str) -> None:
    assert (on_one_line(one, 10**6) == on_one_line(other, 10**6)) == (one == other)


@given(HOSTILE)
def test_a_cell_shows_markup_as_it_is_written(text: str) -> None:
    screen = Console(file=io.StringIO(), width=10_000)

    screen.print(cell(text))

    assert screen.file.getvalue().strip() == on_one_line(text).strip()  # type: ignore[attr-defined]


@given(HOSTILE)
def test_json_on_a_terminal_is_the_same_json_and_printable(text: str) -> None:
    told = in_json(json.dumps({"id": text}, ensure_ascii=False))

    assert told.isprintable()
    assert json.loads(told) == {"id": text}


def test_what_a_hostile_id_would_do_is_written_out() -> None:
    assert on_one_line("acme\n\x1b[2Jglobex: green") == r"acme\n\x1b[2Jglobex: green"


def test_a_message_keeps_its_backslashes_and_loses_what_a_terminal_obeys() -> None:
    assert harmless("C:\\logs\n\x1b[2J") == r"C:\logs\n\x1b[2J"
