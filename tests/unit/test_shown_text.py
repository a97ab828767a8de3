"""Text from callers, shown to people: one line, bounded, and nothing hidden in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.records.shown_text import is_shown_as_is, shown_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("acme", "acme"),
        ("Größe 7", "Größe 7"),
        ("two\nlines\r\t", r"two\nlines\r\t"),
        ("\x1b[31mred\x9b0m", r"\x1b[31mred\x9b0m"),
        ("right\u202eleft", r"right\u202eleft"),
        ("a\u2028b\u00a0c", r"a\u2028b\xa0c"),
        ("back\\nslash", r"back\\nslash"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_cannot_be_seen_is_written_out(text, shown):
    assert shown_text(text) == shown


def test_what_is_too_long_ends_with_an_ellipsis():
    assert shown_text("x" * 64) == "x" * 64
    assert shown_text("x" * 65) == "x" * 63 + "…"
    assert shown_text("x" * 61 + "\n" + "y" * 9) == "x" * 61 + r"\n" + "…"


@given(st.text(), st.integers(1, 80))
def test_it_is_always_one_printable_line_of_bounded_length(text, most):
    shown = shown_text(text, most)

    assert len(shown) <= most
    assert shown.isprintable()


@given(st.text(max_size=20), st.text(max_size=20))
def test_different_texts_that_fit_look_different(one, other):
    assert (shown_text(one, 400) == shown_text(other, 400)) == (one == other)


@given(st.text(max_size=70))
def test_text_that_is_shown_as_it_is_is_plain(text):
    if is_shown_as_is(text):
        assert shown_text(text) == text
