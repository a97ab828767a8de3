"""`bedrock-meter quote`: what a call would cost, exactly, and why. Offline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from bedrock_meter.cli.books import Accept, Overlay, book_in_force
from bedrock_meter.cli.output import BAD_INPUT, print_json, refuse, say, why_unread
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
Tier = Annotated[str | None, typer.Option("--tier", help="Service tier; standard if not given.")]
At = Annotated[str | None, typer.Option("--at", help="Time of the call, with its zone; or now.")]
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
    """What a call would cost, to the last digit, with the rate of every line."""
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
        question = question_of({**stated, "usage": _parsed(usage, "--usage")}, datetime.now(UTC))
    except BadQuestion as bad:
        refuse(str(bad).replace("timestamp:", "--at:"))
    charge = charge_of(question, book)
    if charge.unpriced:
        _refuse_unknown(question, charge, book)
    print_json(answer_for(question, charge))


def _refuse_unknown(question: Question, charge: Charge, book: PriceBook) -> None:
    """End the command when there is no rate because a name is in no row of the book."""
    if charge.reason == UNKNOWN_MODEL:
        name = question.model.key
        near = nearest(name, book.models()) or "`bedrock-meter prices list` names those that have"
        refuse(f"--model {quoted(name)}: no rate of this model is known; {near}")
    tiers = sorted({rate.tier for rate in book.rates()})
    if question.tier not in tiers:
        near = nearest(question.tier, tiers) or f"there are {', '.join(tiers)}"
        refuse(f"--tier {quoted(question.tier)}: is not a tier; {near}")


def _quote_all(path: Path, book: PriceBook) -> None:
    """One answer per question, in order; exit code 2 when one cannot be read, or none is there."""
    now = datetime.now(UTC)
    refused, asked = False, False
    for where, document in _questions(path):
        asked = True
        named = document.get("id") if isinstance(document, dict) else None
        try:
            if isinstance(document, str):
                raise BadQuestion(document)
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
    """Each question with where it stands; a text in place of one says why it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as bad:
        refuse(f"{path}: cannot be read: {why_unread(bad)}")
    if text.lstrip().startswith("["):
        documents = _parsed(text, path.name)
        assert isinstance(documents, list)
        for number, document in enumerate(documents, 1):
            yield f"{path.name}: question {number}", document
        return
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            where = f"{path.name}:{number}"
            try:
                yield where, json.loads(line, parse_float=Decimal)
            except (ValueError, RecursionError) as bad:
                yield where, f"{where}:{_column(bad)}: not JSON: {_what(bad)}"


def _parsed(text: str, name: str) -> object:
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as bad:
        line = bad.lineno if isinstance(bad, json.JSONDecodeError) else 1
        refuse(f"{name}:{line}:{_column(bad)}: not JSON: {_what(bad)}")


def _column(bad: Exception) -> int:
    return bad.colno if isinstance(bad, json.JSONDecodeError) else 1


def _what(bad: Exception) -> str:
    return bad.msg if isinstance(bad, json.JSONDecodeError) else str(bad)
