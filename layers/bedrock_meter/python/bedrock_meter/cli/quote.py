"""`bedrock-meter quote`: what a call would cost, exactly, and why."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from bedrock_meter.cli.books import Accept, At, Overlay, book_in_force, refuse_unknown_tier
from bedrock_meter.cli.files import text_of
from bedrock_meter.cli.output import BAD_INPUT, print_json, refuse, say
from bedrock_meter.cli.spelling import nearest
from bedrock_meter.cli.terminal import quoted
from bedrock_meter.domain.prices.quote import (
    BadQuestion,
    Question,
    answer_for,
    charge_of,
    question_of,
    refusal_for,
    unused_keys,
)
from bedrock_meter.domain.pricing.charge import Charge
from bedrock_meter.domain.pricing.price_book import UNKNOWN_MODEL, PriceBook

Model = Annotated[str | None, typer.Option("--model", help="Model id or ARN, as Bedrock logs it.")]
Region = Annotated[str | None, typer.Option("--region", help="Region of the caller.")]
Tier = Annotated[str | None, typer.Option("--tier", help="Service tier; standard if left out.")]
UsageJson = Annotated[
    str | None, typer.Option("--usage", help='Quantities by kind: {"input_tokens": 1000}.')
]
Batch = Annotated[
    Path | None,
    typer.Option(
        "--batch",
        help="A file of questions, JSON lines or one array, each such as"
        ' {"model_id": "amazon.nova-lite-v1:0", "region": "us-east-1",'
        ' "usage": {"input_tokens": 1000}}; it may have id, tier, timestamp, contract.',
    ),
]


def quote(
    model: Model = None,
    region: Region = None,
    tier: Tier = None,
    at: At = None,
    usage: UsageJson = None,
    batch: Batch = None,
    overlay: Overlay = None,
    accept: Accept = None,
) -> None:
    """Quote what a call would cost, to the last digit, with the rate of every line."""
    book = book_in_force(overlay, accept)
    if batch is not None:
        if any(option is not None for option in (model, region, tier, at, usage)):
            refuse("--batch stands alone: each question names its own model, Region and usage")
        _quote_all(batch, book)
        return
    if model is None or region is None or usage is None:
        refuse("--model, --region and --usage are needed (or --batch FILE)")
    stated = {"model_id": model, "region": region, "tier": tier, "timestamp": at}
    try:
        quantities = _parsed(usage, "--usage")
        if isinstance(quantities, BadQuestion):
            raise quantities
        question = question_of({**stated, "usage": quantities}, datetime.now(UTC))
    except BadQuestion as bad:
        refuse(str(bad).replace("timestamp:", "--at:"))
    charge = charge_of(question, book)
    if charge.unpriced:
        _refuse_unknown(question, charge, book)
    print_json(answer_for(question, charge))


def _refuse_unknown(question: Question, charge: Charge, book: PriceBook) -> None:
    """End the command when there is no rate because the book does not know the model or tier."""
    if charge.reason == UNKNOWN_MODEL:
        name = question.model.key
        near = nearest(name, book.models(), "`bedrock-meter prices list` shows those that have one")
        refuse(f"--model {quoted(name)}: no rate of this model is known; {near}")
    refuse_unknown_tier(question.tier, book)


def _quote_all(path: Path, book: PriceBook) -> None:
    """Print an answer per question; exit code 2 if one cannot be read, or there is none."""
    now = datetime.now(UTC)
    refused, asked = False, False
    for where, document in _questions(path):
        asked = True
        named = document.get("id") if isinstance(document, dict) else None
        try:
            if isinstance(document, BadQuestion):
                raise document
            if not isinstance(document, dict):
                raise BadQuestion(f"{where}: not a JSON object")
            if unused := unused_keys(document):
                say(f"{where}: not used: {', '.join(unused)}")
            question = question_of(document, now)
        except BadQuestion as bad:
            refused = True
            say(f"{where}: {bad}" if not str(bad).startswith(where) else str(bad))
            print_json(refusal_for(named if isinstance(named, str) else None, str(bad)))
            continue
        print_json(answer_for(question, charge_of(question, book)))
    if not asked:
        refuse(f"{path}: there is no question in it")
    if refused:
        raise typer.Exit(BAD_INPUT)


def _questions(path: Path) -> Iterator[tuple[str, object]]:
    """Yield each question with its place in the file, or why it cannot be read."""
    text = text_of(path)
    if text.lstrip().startswith("["):
        documents = _parsed(text, path.name)
        if isinstance(documents, BadQuestion):
            refuse(str(documents))
        assert isinstance(documents, list)
        for number, document in enumerate(documents, 1):
            yield f"{path.name}: question {number}", document
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield f"{path.name}:{number}", _parsed(line, path.name, number)


def _parsed(text: str, name: str, first_line: int = 1) -> object:
    """Read a JSON text that begins on a line of a file; return BadQuestion where it is none."""
    try:
        return json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as bad:
        return BadQuestion(f"{name}:{first_line + bad.lineno - 1}:{bad.colno}: not JSON: {bad.msg}")
    except (ValueError, RecursionError) as bad:
        return BadQuestion(f"{name}:{first_line}:1: not JSON: {bad}")
