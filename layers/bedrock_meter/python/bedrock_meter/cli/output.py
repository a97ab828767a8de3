"""How commands speak: JSON lines on stdout, everything said to a person on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import NoReturn

import typer

from bedrock_meter.cli.terminal import harmless, in_json

BAD_INPUT = 2
NOBODY_READS = 141
"""What a shell shows of a program that writes to a closed pipe: 128 and the number of SIGPIPE."""


def print_json(document: Mapping[str, object]) -> None:
    """One JSON object on one line; ends the command without a word when nobody reads on."""
    line = in_json(json.dumps(document, ensure_ascii=False, separators=(", ", ": ")))
    try:
        typer.echo(line)
    except BrokenPipeError:
        # What is still in the buffer must go somewhere when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(NOBODY_READS) from None


def tell(line: str, *, err: bool = False) -> None:
    """One line of results for a person; what a terminal would obey in it is escaped."""
    typer.echo(harmless(line), err=err)


def say(message: str) -> None:
    """One line for the person at the terminal, apart from the results."""
    typer.echo(f"bedrock-meter: {harmless(message)}", err=True)


def why_unread(bad: OSError | UnicodeDecodeError) -> str:
    """Return why a file cannot be read, without repeating its name."""
    if isinstance(bad, OSError):
        return bad.strerror or str(bad)
    return f"byte {bad.start} is not UTF-8"


def refuse(message: str) -> NoReturn:
    """Return in one line what is wrong with the input and end with exit code 2."""
    say(message)
    raise typer.Exit(BAD_INPUT)
