"""Cutting at line ends: every byte comes once, in blocks of whole lines, in bounded memory."""

import hashlib
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.logs.gunzip import TruncatedGzip
from bedrock_meter.logs.lines import Block, LongLine, Torn, blocks

TEXTS = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"x" * 7, b"y" * 31])).map(b"".join)


def pieces_of(text: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(text[:size])
        text = text[size:]
    return [piece for piece in [*pieces, text] if piece]


@given(TEXTS, st.lists(st.integers(1, 40)))
def test_every_byte_comes_once_however_the_text_was_cut(text: bytes, sizes: list[int]) -> None:
    found = list(blocks(pieces_of(text, sizes)))

    assert b"".join(block.text for block in found if isinstance(block, Block)) == text
    assert all(text[b.offset :].startswith(b.text) for b in found if isinstance(b, Block))


@given(TEXTS, st.lists(st.integers(1, 40)))
def test_only_the_last_block_may_lack_its_line_end(text: bytes, sizes: list[int]) -> None:
    found = list(blocks(pieces_of(text, sizes)))

    assert all(isinstance(block, Block) and block.text.endswith(b"\n") for block in found[:-1])


@given(TEXTS, st.lists(st.integers(1, 10)))
def test_a_line_beyond_the_limit_leaves_its_place_and_its_hash(
    text: bytes, sizes: list[int]
) -> None:
    for found in blocks(pieces_of(text, sizes), most_line_bytes=20):
        if isinstance(found, LongLine):
            line = text[found.offset :].partition(b"\n")[0]
            assert len(line) == found.length > 20
            assert hashlib.sha256(line).hexdigest() == found.sha256


def test_only_a_line_that_two_pieces_share_is_copied() -> None:
    pieces = [b"one\ntwo\nthr", b"ee\nfour\nfi", b"ve\n"]

    found = [block for block in blocks(pieces) if isinstance(block, Block)]

    assert [block.text for block in found] == [b"one\ntwo\n", b"three\n", b"four\n", b"five\n"]
    assert [block.piece is piece for block, piece in zip(found[::2], pieces, strict=False)] == [
        True,
        True,
    ]
    assert [bytes(block.view()) for block in found] == [block.text for block in found]


def test_lines_around_one_that_is_too_long_are_kept() -> None:
    found = list(blocks([b"one\n", b"x" * 30, b"x" * 30 + b"\ntwo\n"], most_line_bytes=20))

    assert [block.text for block in found if isinstance(block, Block)] == [b"one\n", b"two\n"]
    assert [line.length for line in found if isinstance(line, LongLine)] == [60]


def test_a_long_line_is_never_held_whole() -> None:
    """A hundred times the limit passes through; each piece is gone before the next comes."""
    alive = 0

    class Piece(bytes):
        def __init__(self, *_: object) -> None:
            nonlocal alive
            alive += 1

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    most = 0

    def pieces() -> Iterator[bytes]:
        nonlocal most
        for _ in range(200):
            most = max(most, alive)
            yield Piece(b"x" * 1000)

    (line,) = blocks(pieces(), most_line_bytes=2000)

    assert isinstance(line, LongLine)
    assert line.length == 200_000
    assert most <= 4


def test_text_that_breaks_off_says_where_and_why() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"one\ntw"
        raise TruncatedGzip

    line, torn = blocks(pieces())

    assert isinstance(line, Block)
    assert (line.offset, line.text) == (0, b"one\n")
    assert torn == Torn(4, b"tw", "truncated_gzip")


def test_a_long_line_that_breaks_off_comes_before_the_break() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"x" * 30
        raise TruncatedGzip

    line, torn = blocks(pieces(), most_line_bytes=20)

    assert isinstance(line, LongLine)
    assert torn == Torn(30, b"", "truncated_gzip")
