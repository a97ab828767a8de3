"""Results that cannot be written: what a command does then."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, EFBIG, EIO, ENOSPC, EPIPE

NOBODY_READS = 141
"""What a shell shows of a program that writes to a closed pipe: 128 and the number of SIGPIPE."""

_UNWRITABLE = (EPIPE, ENOSPC, EDQUOT, EFBIG, EIO)


@contextmanager
def writable_output() -> Iterator[None]:
    """End the command when its results cannot be written: a closed pipe, or a full disk.

    A closed pipe needs no message, because the reader of the results stopped on purpose.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _UNWRITABLE or error.filename:
            raise
        # What is still in the buffer must go somewhere when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno == EPIPE:
            raise SystemExit(NOBODY_READS) from None
        from bedrock_meter.cli.output import BAD_INPUT, say  # The help needs neither.

        say(f"the results cannot be written: {error.strerror}")
        raise SystemExit(BAD_INPUT) from None
