"""A quote: what one stated call would cost, and why.

Only what decides the price is read from a question; what describes it (`description`, `source`,
`confidence`, anything `expected_…`) is ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from bedrock_meter.domain.pricing.charge import REJECTED, Charge, charge_for
from bedrock_meter.domain.pricing.contract import BadContract, Contract, contract_of
from bedrock_meter.domain.pricing.model import ModelRef, model_of
from bedrock_meter.domain.pricing.money import plain, usd_of
from bedrock_meter.domain.pricing.price_book import STANDARD, PriceBook
from bedrock_meter.domain.pricing.quantities import BadUsage, usage_of
from bedrock_meter.domain.pricing.region import is_region
from bedrock_meter.domain.records.usage import kind_of
from bedrock_meter.domain.time.hours import parse_time

SINGLE_CALL, AGGREGATE = "single_call", "bill_line_aggregate"
TIER_STANDARD = "tier_standard"

READ = ("id", "model_id", "region", "tier", "timestamp", "usage", "usage_convention", "granularity")
DESCRIPTIVE = ("confidence", "description", "source", "trap", "wrong_answers")


class BadQuestion(ValueError):
    """A question that cannot be answered; one line saying what, and what would be right."""


class Question(NamedTuple):
    """One call to be priced."""

    id: str | None
    model: ModelRef
    region: str
    tier: str
    at: datetime
    usage: dict[str, int]
    assumptions: tuple[str, ...]
    contract: Contract | None
    aggregate: bool


def unused_keys(document: Mapping[str, object]) -> list[str]:
    """Return the keys that neither decide the price nor are known to describe a question."""
    known = (*READ, "contract", *DESCRIPTIVE)
    return [key for key in document if key not in known and not key.startswith("expected_")]


def question_of(document: Mapping[str, object], now: datetime) -> Question:
    """Read a question; its time is `now` if it names none. BadQuestion when it cannot be read."""
    stated = document.get("usage")
    if not isinstance(stated, Mapping):
        raise BadQuestion("usage: an object of quantities by kind is needed")
    tier = _optional(document, "tier")
    granularity = _optional(document, "granularity") or SINGLE_CALL
    if granularity not in (SINGLE_CALL, AGGREGATE):
        raise BadQuestion(f"granularity: {granularity!r} is neither {SINGLE_CALL} nor {AGGREGATE}")
    try:
        usage, assumed = usage_of(stated, _optional(document, "usage_convention"))
        contract = _contract(document.get("contract"))
    except (BadUsage, BadContract) as bad:
        raise BadQuestion(str(bad)) from None
    return Question(
        id=_optional(document, "id"),
        model=model_of(_needed(document, "model_id")),
        region=_region(document),
        tier=tier or STANDARD,
        at=_time(document, now),
        usage=usage,
        assumptions=assumed if tier else (TIER_STANDARD, *assumed),
        contract=contract,
        aggregate=granularity == AGGREGATE,
    )


def charge_of(question: Question, book: PriceBook) -> Charge:
    """Return what the question's call costs by a book."""
    return charge_for(
        question.usage,
        book=book,
        model=question.model,
        region=question.region,
        tier=question.tier,
        at=question.at,
        contract=question.contract,
        assumptions=question.assumptions,
        aggregate=question.aggregate,
    )


def answer_for(question: Question, charge: Charge) -> dict[str, object]:
    """Return a charge as one JSON object; amounts are decimal texts in plain notation."""
    answer: dict[str, object] = {
        "id": question.id,
        "status": charge.status,
        "amount_usd": None if charge.amount is None else plain(usd_of(charge.amount)),
        "lines": lines_of(charge),
        "assumptions": list(charge.assumptions),
        "reason": charge.reason,
        "priced_usd": plain(usd_of(charge.priced)),
        "unpriced": {kind_of(key): quantity for key, quantity in charge.unpriced.items()},
        "book": charge.book,
    }
    if charge.contract is not None:
        listed = charge.list_priced()
        answer["contract"] = charge.contract
        answer["list_usd"] = None if listed is None else plain(usd_of(listed))
    return answer


def lines_of(charge: Charge) -> list[dict[str, object]]:
    """Return the lines of a charge as JSON objects: what was used, at which rate, by which row."""
    return [
        {
            "kind": line.term.kind,
            "quantity": line.quantity,
            "rate_usd": line.term.usd,
            "per": line.term.per,
            "rate_id": line.term.rate_id,
            "amount_usd": plain(usd_of(line.amount)),
        }
        for line in charge.lines()
    ]


def refusal_for(question_id: str | None, why: str) -> dict[str, object]:
    """Return the answer to a question that cannot be read."""
    return {
        "id": question_id,
        "status": REJECTED,
        "amount_usd": None,
        "lines": [],
        "assumptions": [],
        "reason": why,
    }


def _contract(document: object) -> Contract | None:
    if document is None:
        return None
    if not isinstance(document, Mapping):
        raise BadContract("contract: an object such as {'kind': 'percent', 'off': '12.5'}")
    return contract_of(document)


def _region(document: Mapping[str, object]) -> str:
    region = _needed(document, "region")
    if not is_region(region):
        raise BadQuestion(f"region: {region!r} is not a Region (such as us-east-1)")
    return region


def _time(document: Mapping[str, object], now: datetime) -> datetime:
    text = _optional(document, "timestamp")
    if text is None:
        return now
    try:
        return parse_time(text)
    except ValueError:
        raise BadQuestion(
            f"timestamp: {text!r} is not a time with a zone (such as 2026-11-15T12:00:00Z)"
        ) from None


def _needed(document: Mapping[str, object], key: str) -> str:
    if not (value := _optional(document, key)):
        raise BadQuestion(f"{key}: is needed")
    return value


def _optional(document: Mapping[str, object], key: str) -> str | None:
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        raise BadQuestion(f"{key}: {value!r} is not a text")
    return value or None
