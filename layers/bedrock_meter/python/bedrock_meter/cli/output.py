"""How commands write: results on stdout, messages to a person on stderr."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NoReturn

import typer

from bedrock_meter.cli.terminal import harmless, in_json

BAD_INPUT = 2


def print_json(document: Mapping[str, object]) -> None:
    """Print one JSON object on one line."""
    typer.echo(in_json(json.dumps(document, ensure_ascii=False, separators=(", ", ": "))))


def print_line(line: str, *, err: bool = False) -> None:
    """Print one line of results for a person; what a terminal would obey in it is escaped."""
    typer.echo(harmless(line), err=err)


def say(message: str) -> None:
    """Print one line for the person at the terminal, apart from the results."""
    typer.echo(f"bedrock-meter: {harmless(message)}", err=True)


def refuse(message: str) -> NoReturn:
    """Print in one line what is wrong with the input, and end with exit code 2."""
    say(message)
    raise typer.Exit(BAD_INPUT)
