"""Why a rate applies, or none does: the look-up step by step, for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import product

from bedrock_meter.domain.pricing.model import GEO, ModelRef, model_of
from bedrock_meter.domain.pricing.place import closeness_of
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.pricing.rate import Rate, shown_time
from bedrock_meter.domain.pricing.rate_card import HIGH, LOW, RateCard
from bedrock_meter.domain.pricing.region import partition_of
from bedrock_meter.domain.records.usage import SERVICE_OF
from bedrock_meter.domain.time.hours import in_force, text_of


def explain_rate(rate: Rate, book: PriceBook, citation: str) -> Iterator[str]:
    """Yield what a rate says, where it holds, where it comes from, and whether it is used."""
    yield f"rate        {rate.id}"
    yield f"model       {rate.model}"
    yield f"price       {rate.usd} USD for {rate.per} of {rate.kind}"
    for column in ("tier", "band", "resolution", "quality"):
        if value := getattr(rate, column):
            yield f"{column:12}{value}"
    yield f"holds       {rate.shown_places} ({rate.partition})"
    yield f"since       {shown_time(rate.since) or 'as far back as known'}"
    yield f"until       {shown_time(rate.until) or 'a later row begins'}"
    yield f"confidence  {rate.confidence}"
    yield f"used        {'yes' if book.bills(rate) else 'no: kept, not billed'}"
    yield f"source      {citation}"
    if rate.note:
        yield f"note        {rate.note}"
    for rule in book.rules:
        if rule.model == rate.model:
            places = " ".join(map(str, rule.places))
            yield f"rule        {rule.name}: also {places}, flagged ({rule.basis})"


def explain_model(
    model_id: str, region: str, tier: str, at: datetime, book: PriceBook
) -> Iterator[str]:
    """Yield the rates that apply to a call of a model, and for the others why they do not."""
    model = model_of(model_id)
    scope = f"{model.scope} {model.geo}" if model.scope == GEO else model.scope
    yield f"id          {model_id}"
    if not model.resolved:
        yield "model       not resolved: an opaque id, or an unknown scope prefix"
        return
    if model.commitment:
        yield "model       paid by commitment: tokens cost nothing per call"
        return
    yield f"model       {model.key}, scope {scope}"
    yield f"Region      {region}, partition {partition_of(region)}"
    yield f"tier        {tier}"
    yield f"time        {text_of(at)}"
    rate_card = book.rate_card_for(model, region, tier, at)
    if rate_card.threshold is not None:
        yield f"context     low band to {rate_card.threshold} input tokens of a call, high above"
    used = set()
    for line, rate_id in _on_rate_card(rate_card):
        used.add(rate_id)
        yield line
    for rate in sorted(book.rates_of(model.key), key=_said):
        if rate.id not in used:
            yield f"  not used  {_said(rate)}: {_why_not(rate, model, region, tier, at, book)}"
    if not book.rates_of(model.key):
        yield "no rate: the book does not know this model"


def _on_rate_card(rate_card: RateCard) -> Iterator[tuple[str, str]]:
    bands = (LOW,) if rate_card.threshold is None else (LOW, HIGH)
    kinds = (kind for kind in rate_card.kinds() if kind not in SERVICE_OF)
    for kind, band in product(kinds, bands):
        if term := rate_card.term_for(kind, band):
            high = " (high band)" if band == HIGH else ""
            flags = f", assumes {', '.join(term.assumptions)}" if term.assumptions else ""
            price = f"{term.usd} per {term.per} [{term.rate_id}]"
            yield f"  used      {kind}{high}: {price}{flags}", term.rate_id


def _said(rate: Rate) -> str:
    return f"{rate.shown_kind} {rate.tier} {rate.usd} [{rate.id}]"


def _why_not(
    rate: Rate, model: ModelRef, region: str, tier: str, at: datetime, book: PriceBook
) -> str:
    if not book.bills(rate):
        return f"kept, not billed ({rate.confidence})"
    if rate.tier != tier:
        return f"for the {rate.tier} tier"
    if not any(closeness_of(place, rate.partition, model, region) for place in rate.places):
        return f"holds {rate.shown_places}"
    if not in_force(at, rate.since, None):
        return f"begins {shown_time(rate.since)}"
    if not in_force(at, None, rate.until):
        return f"ended {shown_time(rate.until)}"
    if rate.resolution or rate.quality:
        return "for one size or quality, which the question must name"
    return "another rate names the Region more closely, or began later"
