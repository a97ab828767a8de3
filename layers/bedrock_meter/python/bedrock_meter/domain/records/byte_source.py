"""The bytes of a log object as they are read; hashed, for their digest is its identity."""

import hashlib
from typing import Protocol

_PIECE = 1 << 20


class ByteSource(Protocol):
    """Anything that hands out the bytes of a log object from its beginning."""

    def read(self, size: int, /) -> bytes:
        """Return up to so many of the next bytes; none at the end."""


class HashedSource:
    """Bytes that are hashed, and counted in `size`, as they are read.

    Pieces are as long as asked for, up to the last one: where a source happens to pause must not
    decide where blocks end.
    """

    def __init__(self, body: ByteSource) -> None:
        self.size = 0
        self._body = body
        self._hash = hashlib.sha256()

    def read(self, size: int, /) -> bytes:
        """Return so many of the next bytes; fewer at the end."""
        piece = self._body.read(size)
        while len(piece) < size and (more := self._body.read(size - len(piece))):
            piece += more
        self._hash.update(piece)
        self.size += len(piece)
        return piece

    def digest_of_all(self) -> str:
        """Return the SHA-256 of the whole object as hex, what was left unread included."""
        while self.read(_PIECE):
            pass
        return self._hash.hexdigest()
