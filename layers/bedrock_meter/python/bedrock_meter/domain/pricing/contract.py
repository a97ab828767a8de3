"""Contracts: what a tenant pays instead of list. Applied to exact list prices, never to rounded.

Three kinds: `fixed` replaces the rates of the kinds it names, `percent` takes so much off list,
`markup` puts so much on top. Percentages have at most three decimals, so that the contracted
rate is exact as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fnmatch import fnmatchcase

from bedrock_meter.domain.pricing.money import EXACT, BadAmount, decimal_of, plain
from bedrock_meter.domain.pricing.rate import BadRate, atto_per_unit, time_of
from bedrock_meter.domain.pricing.rate_card import ContractedRateCard, RateCard, Term
from bedrock_meter.domain.records.memory import forget_if_full
from bedrock_meter.domain.records.usage import KINDS
from bedrock_meter.domain.time.hours import in_force

FIXED, PERCENT, MARKUP = "fixed", "percent", "markup"
EVERYONE = "*"
EVERY_MODEL = "*"
PER_MILLION = 1_000_000

_HUNDRED_THOUSAND = 100_000  # Thousandths of a percent in a whole.
_FIELDS = {FIXED: {"rates"}, PERCENT: {"off"}, MARKUP: {"percent"}}
_COMMON = {"kind", "id", "tenant", "match", "since", "until"}


class BadContract(ValueError):
    """A contract that cannot be read; the message names the field and what would be right."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What replaces list for a tenant (or everyone), for the models that match, at some time.

    `factor` is thousandths of a percent of list that remain: 87,500 for 12.5 % off.
    """

    id: str
    kind: str
    tenant: str = EVERYONE
    match: str = EVERY_MODEL  # Model keys, with `*`.
    rates: Mapping[str, Term] = field(default_factory=dict)
    factor: int = _HUNDRED_THOUSAND
    since: datetime | None = None
    until: datetime | None = None
    _rate_cards: dict[RateCard, RateCard] = field(default_factory=dict, compare=False, repr=False)

    def holds(self, model_key: str, at: datetime) -> bool:
        """Return whether it covers a model at a time; `since` is inclusive, `until` exclusive."""
        return in_force(at, self.since, self.until) and fnmatchcase(model_key, self.match)

    def rate_card_for(self, rate_card: RateCard) -> RateCard:
        """Return the list rate card as this contract changes it."""
        if (contracted := self._rate_cards.get(rate_card)) is None:
            forget_if_full(self._rate_cards)
            contracted = self._rate_cards[rate_card] = ContractedRateCard(rate_card, self._term)
        return contracted

    def _term(self, kind: str, listed: Term | None) -> Term | None:
        if self.kind == FIXED:
            fixed = self.rates.get(kind)
            return fixed._replace(list_atto=listed.atto if listed else None) if fixed else listed
        if listed is None:
            return None
        atto, rest = divmod(listed.atto * self.factor, _HUNDRED_THOUSAND)
        if rest:
            raise BadContract(f"{self.id}: {listed.rate_id} would be finer than 1e-18 dollars")
        share = Decimal(self.factor).scaleb(-5, EXACT)
        usd = plain(EXACT.multiply(decimal_of(listed.usd), share))
        return listed._replace(atto=atto, usd=usd)


def contract_of(document: Mapping[str, object]) -> Contract:
    """Read a contract: `{"kind": "percent", "off": "12.5"}` and its like; strict."""
    kind = document.get("kind")
    if kind not in _FIELDS:
        raise BadContract(f"contract: kind {kind!r} is none of fixed, percent, markup")
    allowed = _COMMON | _FIELDS[str(kind)]
    if unknown := sorted(set(document) - allowed):
        raise BadContract(f"contract: unknown field {unknown[0]!r} of a {kind} contract")
    contract_id = _text(document, "id", str(kind))
    try:
        since, until = (time_of(name, _text(document, name, "")) for name in ("since", "until"))
    except BadRate as bad:
        raise BadContract(f"contract: {bad}") from None
    return Contract(
        id=contract_id,
        kind=str(kind),
        tenant=_text(document, "tenant", EVERYONE),
        match=_text(document, "match", EVERY_MODEL),
        rates=_rates(document.get("rates"), contract_id) if kind == FIXED else {},
        factor=_factor(str(kind), document),
        since=since,
        until=until,
    )


def _rates(document: object, contract_id: str) -> dict[str, Term]:
    if not isinstance(document, Mapping) or not document:
        raise BadContract("contract: a fixed contract needs rates: {kind: dollars per 1M}")
    terms: dict[str, Term] = {}
    for kind, usd in document.items():
        if kind not in KINDS:
            raise BadContract(f"contract: rates.{kind}: no such kind of usage")
        usd = _number(usd, f"rates.{kind}")
        try:
            atto = atto_per_unit(usd, PER_MILLION)
        except BadRate as bad:
            raise BadContract(f"contract: rates.{kind}: {bad}") from None
        usd = plain(decimal_of(usd))
        terms[kind] = Term(kind, atto, usd, PER_MILLION, f"contract:{contract_id}")
    return terms


def _factor(kind: str, document: Mapping[str, object]) -> int:
    if kind == FIXED:
        return _HUNDRED_THOUSAND
    name = "off" if kind == PERCENT else "percent"
    thousandths = _thousandths(document.get(name), name)
    if kind == MARKUP:
        return _HUNDRED_THOUSAND + thousandths
    if thousandths > _HUNDRED_THOUSAND:
        raise BadContract("contract: off: more than 100 percent")
    return _HUNDRED_THOUSAND - thousandths


def _thousandths(value: object, name: str) -> int:
    try:
        number = decimal_of(_number(value, name))
    except BadAmount as bad:
        raise BadContract(f"contract: {name}: {bad}") from None
    if number < 0 or number > PER_MILLION:
        raise BadContract(f"contract: {name}: {value} is out of range")
    exact = number.as_tuple().exponent
    if not isinstance(exact, int) or (exact < -3 and number != number.quantize(Decimal("0.001"))):
        raise BadContract(f"contract: {name}: {value} has more than three decimals")
    return int(number.scaleb(3, EXACT))


def _text(document: Mapping[str, object], name: str, default: str) -> str:
    value = document.get(name, default)
    if not isinstance(value, str):
        raise BadContract(f"contract: {name}: not a text")
    return value


def _number(value: object, name: str) -> str:
    """Return a number as it was written; a float is refused, because it may differ from that."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise BadContract(f"contract: {name}: write the number as text, such as '12.5'")
    return str(value)
