"""Prices of a third-party file as rows of the book; what was inferred is reported."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from bedrock_meter.domain.prices.third_party_files import (
    MODELS_JSON,
    PER_OF,
    ThirdPartyFile,
    ThirdPartyRate,
)
from bedrock_meter.domain.pricing.model import GLOBAL, IN_REGION, model_of
from bedrock_meter.domain.pricing.money import EXACT, plain
from bedrock_meter.domain.pricing.place import places_text
from bedrock_meter.domain.pricing.price_book import STANDARD, PriceBook
from bedrock_meter.domain.pricing.rate import (
    BadRate,
    RateRow,
    is_slip,
    rate_of,
    row_of,
    shown_time,
)
from bedrock_meter.domain.pricing.rate_card import LOW
from bedrock_meter.domain.pricing.region import geographies_of, is_region, partition_of
from bedrock_meter.domain.pricing.resolution import example_of
from bedrock_meter.domain.records.usage import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_5M_TOKENS,
    INPUT_TOKENS,
    qualified,
)

BARE_IN_REGION, BARE_AND_GEO = "in_region", "in_region_and_geo"

# Between the dearest price of 1K tokens and the cheapest common one of 1M.
_WATERSHED = "0.05"


class BadImport(ValueError):
    """An import that would write something wrong; the message says what to state."""


class ImportOptions(NamedTuple):
    """What the operator stated; None where it is left to inference."""

    per: int | None = None
    bare: str | None = None
    since: str | None = None
    regions: tuple[str, ...] = ()


class Imported(NamedTuple):
    """Rows for an overlay, what was inferred, what a person must look at, and the comparison."""

    rows: tuple[RateRow, ...]
    inferred: tuple[str, ...]
    review: tuple[str, ...]
    compared: tuple[str, ...]


def imported_from(
    prices: ThirdPartyFile, options: ImportOptions, book: PriceBook, source: str, now: datetime
) -> Imported:
    """Return the rows of a price file; BadImport when a unit, date or model is not clear."""
    inferred: list[str] = [f"format: {prices.format}"]
    per = _per(prices, options, inferred)
    bare = _bare(prices, options, inferred)
    since = _since(prices, options, inferred)
    regions = _regions(prices, options, inferred)
    rows, review, compared = [], [], []
    for rate in prices.rates:
        if (doubt := _doubt(rate, book)) is not None:
            review.append(doubt)
            continue
        for region in (rate.region,) if rate.region else regions:
            row = _row(rate, per, _where(rate, bare, region), since, source)
            rows.append(row)
            compared.append(_comparison(row, rate, region, book, now))
    return Imported(tuple(rows), tuple(inferred), tuple(review), tuple(compared))


def _per(prices: ThirdPartyFile, options: ImportOptions, inferred: list[str]) -> int:
    """Return the unit of the format; BadImport when the prices themselves contradict it."""
    per = options.per or PER_OF[prices.format]
    inputs = sorted(rate.usd for rate in prices.rates if rate.kind == INPUT_TOKENS and rate.usd)
    if options.per or not inputs:
        inferred.append(f"unit: dollars per {per} tokens, as stated or usual for the format")
        return per
    median = inputs[len(inputs) // 2]
    looks = 1_000_000 if median > EXACT.create_decimal(_WATERSHED) else 1_000
    if looks != per:
        raise BadImport(
            f"unit: {prices.format} is per {per} tokens, but the median input price {plain(median)}"
            f" looks like per {looks}: state --unit 1K or --unit 1M"
        )
    inferred.append(f"unit: dollars per {per} tokens (the format's; median input {plain(median)})")
    return per


def _bare(prices: ThirdPartyFile, options: ImportOptions, inferred: list[str]) -> str:
    """Return what an id without a scope prefix stands for."""
    if options.bare:
        return options.bare
    bare = BARE_AND_GEO if prices.format == MODELS_JSON else BARE_IN_REGION
    inferred.append(f"bare ids: {bare.replace('_', ' ')} (state --bare to choose)")
    return bare


def _since(prices: ThirdPartyFile, options: ImportOptions, inferred: list[str]) -> str | None:
    if prices.dated:
        if options.since:
            raise BadImport("since: this file has dates of its own; leave --since out")
        inferred.append("dates: start_date inclusive, end_date + 1 day exclusive, 2000/2100 open")
        return None
    if not options.since:
        raise BadImport(f"since: {prices.format} has no dates: state --since YYYY-MM-DD")
    return options.since


def _regions(
    prices: ThirdPartyFile, options: ImportOptions, inferred: list[str]
) -> tuple[str, ...]:
    if prices.format == MODELS_JSON:
        unknown = [rate for rate in prices.rates if not is_region(rate.region or "")]
        if unknown:
            raise BadImport(f"{unknown[0].place}: {unknown[0].region!r} is not a Region")
        return ()
    if not options.regions:
        inferred.append("Region: the file names none; taken as us-east-1 (state --region)")
    return options.regions or ("us-east-1",)


def _doubt(rate: ThirdPartyRate, book: PriceBook) -> str | None:
    """Return why a price is left to a person: a zero that may mean 'not stated'."""
    model = model_of(rate.model_id)
    if not model.resolved or model.commitment:
        raise BadImport(f"{rate.place}: {rate.model_id!r} names no model: an opaque id has no rate")
    if rate.usd or rate.kind not in (CACHE_READ_TOKENS, CACHE_WRITE_5M_TOKENS):
        return None
    zero = any(one.kind == rate.kind and not one.atto for one in book.rates_of(model.key))
    return None if zero else f"{rate.place}: 0 for {rate.kind} of {model.key}: not taken as a price"


def _where(rate: ThirdPartyRate, bare: str, region: str) -> str:
    model = model_of(rate.model_id)
    if model.scope == GLOBAL:
        return "global@*"
    if model.scope != IN_REGION:
        return f"geo:{model.geo}@{region}"
    return places_text(region, geographies_of(region) if bare == BARE_AND_GEO else ())


def _row(rate: ThirdPartyRate, per: int, where: str, since: str | None, source: str) -> RateRow:
    texts = {
        "model": model_of(rate.model_id).key,
        "kind": rate.kind,
        "per": str(per if rate.kind.endswith("_tokens") else 1),
        "usd": plain(rate.usd),
        "where": where,
        "partition": partition_of(where.rpartition("@")[2]),
        "tier": STANDARD,
        "resolution": rate.resolution,
        "quality": rate.quality,
        "since": since or shown_time(rate.since),
        "until": shown_time(rate.until),
        "confidence": "medium",
        "bill": "yes",
        "source": source,
        "note": rate.place,
    }
    try:
        return row_of(texts)
    except BadRate as bad:
        raise BadImport(f"{rate.place}: {bad}") from None


def _comparison(
    row: RateRow, rate: ThirdPartyRate, region: str, book: PriceBook, now: datetime
) -> str:
    """Compare a price with the book in force, in one line; BadImport for a slip of unit."""
    model = model_of(rate.model_id)
    what = f"{rate.model_id} {rate.kind} in {region}"
    price = f"{row.usd} per {row.per}"
    at = max(rate.since, now) if rate.since else now
    key = qualified(rate.kind, example_of(rate.resolution), rate.quality)
    known = book.rate_card_for(model, region, STANDARD, at).term_for(key, LOW)
    atto = rate_of(row).atto
    if known is None:
        unknown = "" if book.rates_of(model.key) else " (the book does not know this model)"
        return f"new      {what}: {price}{unknown}"
    known_price = f"{known.usd} per {known.per}"
    if is_slip(known.atto, atto):
        raise BadImport(
            f"{rate.place}: {price} against {known_price} in the book: a slip of unit? "
            "State --unit 1K or --unit 1M"
        )
    word = "same" if known.atto == atto else "changed"
    return f"{word:9}{what}: {known_price} → {price}"
