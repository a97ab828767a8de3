"""Unpacking: whatever arrives, what could be unpacked is given first and the failure is named."""

import gzip
import io
import zlib

import pytest

from bedrock_meter.logs.gunzip import (
    CorruptGzip,
    DecodeError,
    GzipBomb,
    InflationLimits,
    NotGzip,
    TooLarge,
    TruncatedGzip,
    inflate,
)

TEXT = b'{"schemaType":"ModelInvocationLog","n":1}\n' * 20_000
PACKED = gzip.compress(TEXT, mtime=0)


def unpacked(data: bytes, **limits: int) -> tuple[bytes, str | None]:
    """The text that came out, and the name of what stopped it."""
    pieces: list[bytes] = []
    try:
        for piece in inflate(io.BytesIO(data), InflationLimits(**limits)):
            pieces.append(piece)
    except DecodeError as error:
        return b"".join(pieces), type(error).__name__
    return b"".join(pieces), None


class Dribble:
    """A source that gives one byte at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def read(self, size: int, /) -> bytes:
        return self._data.read(min(size, 1))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (PACKED, TEXT),
        (PACKED + PACKED, TEXT + TEXT),
        (PACKED + b"\0" * 100_000, TEXT),
        (PACKED + b"\0" * 100_000 + PACKED, TEXT + TEXT),
        (TEXT, TEXT),
        (b"", b""),
        (gzip.compress(b"", mtime=0), b""),
    ],
    ids=["one", "two members", "padded", "padded between", "never packed", "nothing", "empty"],
)
def test_whole_objects_are_unpacked(data: bytes, text: bytes) -> None:
    assert unpacked(data) == (text, None)


def test_pieces_stay_small_enough_for_the_allocator() -> None:
    assert max(map(len, inflate(io.BytesIO(PACKED)))) == 120 << 10


def test_a_source_may_give_a_byte_at_a_time() -> None:
    assert b"".join(inflate(Dribble(PACKED))) == TEXT


def test_a_header_with_every_optional_field_is_skipped() -> None:
    flags = 0x04 | 0x08 | 0x10 | 0x02
    header = bytes([0x1F, 0x8B, 8, flags, 0, 0, 0, 0, 0, 3])
    extra = (5).to_bytes(2, "little") + b"extra"
    named = header + extra + b"name.json\0" + b"a comment\0" + b"\x12\x34"

    assert unpacked(named + PACKED[10:]) == (TEXT, None)


@pytest.mark.parametrize("cut", [1, 8, 2000])
def test_a_truncated_object_gives_what_came_before_the_end(cut: int) -> None:
    text, error = unpacked(PACKED[:-cut])

    assert error == TruncatedGzip.__name__
    assert TEXT.startswith(text)


def test_only_the_header_is_truncated_gzip() -> None:
    assert unpacked(PACKED[:5]) == (b"", TruncatedGzip.__name__)


@pytest.mark.parametrize("at", [-8, -4])
def test_a_wrong_checksum_or_length_is_noticed_after_the_last_byte(at: int) -> None:
    wrong = bytearray(PACKED)
    wrong[at] ^= 0xFF

    assert unpacked(bytes(wrong)) == (TEXT, CorruptGzip.__name__)


def test_damage_in_the_middle_is_noticed() -> None:
    wrong = bytearray(PACKED)
    wrong[len(wrong) // 2] ^= 0xFF

    text, error = unpacked(bytes(wrong))

    assert error is not None
    assert text != TEXT


def test_what_follows_a_member_must_be_gzip() -> None:
    assert unpacked(PACKED + b"something else entirely") == (TEXT, CorruptGzip.__name__)


@pytest.mark.parametrize("data", [b"\x1f", b"\x00\x01\x02", b"\x7fELF\x02\x01"])
def test_bytes_that_are_neither_gzip_nor_text_are_refused(data: bytes) -> None:
    assert unpacked(data) == (b"", NotGzip.__name__)


def test_more_than_the_limit_is_refused_and_the_part_before_counts() -> None:
    text, error = unpacked(PACKED, inflated=300_000)

    assert error == TooLarge.__name__
    assert len(text) == 2 * (120 << 10)


def test_text_that_was_never_packed_has_the_same_limit() -> None:
    assert unpacked(TEXT, inflated=10)[1] == TooLarge.__name__


def test_a_bomb_is_refused_long_before_it_is_unpacked() -> None:
    bomb = zlib.compressobj(9, wbits=31)
    data = bomb.compress(b" " * 60_000_000) + bomb.flush()

    text, error = unpacked(data)

    assert error == GzipBomb.__name__
    assert len(text) < 50_000_000
