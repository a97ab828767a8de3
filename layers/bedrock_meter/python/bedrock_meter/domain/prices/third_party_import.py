"""A peer's prices as rows of our book: units, scope and dates stated, what was inferred said."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from bedrock_meter.domain.prices.third_party_files import (
    MODELS_JSON,
    PER_OF,
    ThirdPartyFile,
    ThirdPartyRate,
)
from bedrock_meter.domain.pricing.model import GLOBAL, IN_REGION, ModelRef, model_of
from bedrock_meter.domain.pricing.money import EXACT, plain
from bedrock_meter.domain.pricing.price_book import STANDARD, PriceBook
from bedrock_meter.domain.pricing.rate import COLUMNS, BadRate, rate_of, row_of
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
SLIP = 100  # A price so many times another one is a slip of unit.

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

    rows: tuple[tuple[str, ...], ...]
    inferred: tuple[str, ...]
    review: tuple[str, ...]
    compared: tuple[str, ...]


def imported_from(
    file: ThirdPartyFile, terms: ImportOptions, book: PriceBook, source: str, now: datetime
) -> Imported:
    """The rows of a peer's file; BadImport when unit, date or a model cannot be told."""
    inferred: list[str] = [f"format: {file.format}"]
    per = _per(file, terms, inferred)
    bare = _bare(file, terms, inferred)
    since = _since(file, terms, inferred)
    regions = _regions(file, terms, inferred)
    rows, review, compared = [], [], []
    for rate in file.rates:
        if (doubt := _doubt(rate, book)) is not None:
            review.append(doubt)
            continue
        for region in (rate.region,) if rate.region else regions:
            row = _row(rate, per, _where(rate, bare, region), since, source)
            rows.append(tuple(row[column] for column in COLUMNS))
            compared.append(_comparison(row, rate, region, book, now))
    return Imported(tuple(rows), tuple(inferred), tuple(review), tuple(compared))


def _per(file: ThirdPartyFile, terms: ImportOptions, inferred: list[str]) -> int:
    """The unit of the format, unless the prices themselves speak against it."""
    per = terms.per or PER_OF[file.format]
    inputs = sorted(rate.usd for rate in file.rates if rate.kind == INPUT_TOKENS and rate.usd)
    if terms.per or not inputs:
        inferred.append(f"unit: dollars per {per} tokens, as stated or usual for the format")
        return per
    median = inputs[len(inputs) // 2]
    looks = 1_000_000 if median > EXACT.create_decimal(_WATERSHED) else 1_000
    if looks != per:
        raise BadImport(
            f"unit: {file.format} is per {per} tokens, but the median input price {plain(median)}"
            f" looks like per {looks}: state --unit 1K or --unit 1M"
        )
    inferred.append(f"unit: dollars per {per} tokens (the format's; median input {plain(median)})")
    return per


def _bare(file: ThirdPartyFile, terms: ImportOptions, inferred: list[str]) -> str:
    """What an id without scope prefix stands for."""
    if terms.bare:
        return terms.bare
    bare = BARE_AND_GEO if file.format == MODELS_JSON else BARE_IN_REGION
    inferred.append(f"bare ids: {bare.replace('_', ' ')} (state --bare to choose)")
    return bare


def _since(file: ThirdPartyFile, terms: ImportOptions, inferred: list[str]) -> str | None:
    if file.dated:
        if terms.since:
            raise BadImport("since: this file has dates of its own; leave --since out")
        inferred.append("dates: start_date inclusive, end_date + 1 day exclusive, 2000/2100 open")
        return None
    if not terms.since:
        raise BadImport(f"since: {file.format} has no dates: state --since YYYY-MM-DD")
    return terms.since


def _regions(file: ThirdPartyFile, terms: ImportOptions, inferred: list[str]) -> tuple[str, ...]:
    if file.format == MODELS_JSON:
        unknown = [rate for rate in file.rates if not is_region(rate.region or "")]
        if unknown:
            raise BadImport(f"{unknown[0].place}: {unknown[0].region!r} is not a Region")
        return ()
    if not terms.regions:
        inferred.append("Region: the file names none; taken as us-east-1 (state --region)")
    return terms.regions or ("us-east-1",)


def _doubt(rate: ThirdPartyRate, book: PriceBook) -> str | None:
    """Why a price is left to a person: a zero that may mean 'not stated'."""
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
    places = [f"in_region@{region}"]
    if bare == BARE_AND_GEO:
        places += [f"geo:{geo}@{region}" for geo in geographies_of(region)]
    return " ".join(places)


def _row(
    rate: ThirdPartyRate, per: int, where: str, since: str | None, source: str
) -> dict[str, str]:
    row = {
        "model": model_of(rate.model_id).key,
        "kind": rate.kind,
        "per": str(per if rate.kind.endswith("_tokens") else 1),
        "usd": plain(rate.usd),
        "where": where,
        "partition": partition_of(where.rpartition("@")[2]),
        "tier": STANDARD,
        "resolution": rate.resolution,
        "quality": rate.quality,
        "since": since or _day(rate.since),
        "until": _day(rate.until),
        "confidence": "medium",
        "bill": "yes",
        "source": source,
        "note": rate.place,
    }
    try:
        return dict(zip(COLUMNS, row_of(row), strict=True))
    except BadRate as bad:
        raise BadImport(f"{rate.place}: {bad}") from None


def _comparison(
    row: dict[str, str], rate: ThirdPartyRate, region: str, book: PriceBook, now: datetime
) -> str:
    """One line: the price against the book in force; BadImport for a slip of unit."""
    model = model_of(rate.model_id)
    said = f"{rate.model_id} {rate.kind} in {region}"
    at = max(rate.since, now) if rate.since else now
    key = qualified(rate.kind, example_of(rate.resolution), rate.quality)
    known = book.rate_card_for(model, region, STANDARD, at).term_for(key, LOW)
    atto = rate_of(row).atto
    if known is None:
        return f"new      {said}: {row['usd']} per {row['per']}{_unknown(book, model)}"
    low, high = sorted((known.atto, atto))
    if low and high >= low * SLIP:
        raise BadImport(
            f"{rate.place}: {row['usd']} per {row['per']} against {known.usd} per {known.per} in"
            " the book: a slip of unit? State --unit 1K or --unit 1M"
        )
    word = "same" if known.atto == atto else "changed"
    return f"{word:9}{said}: {known.usd} per {known.per} → {row['usd']} per {row['per']}"


def _unknown(book: PriceBook, model: ModelRef) -> str:
    return "" if book.rates_of(model.key) else " (the book does not know this model)"


def _day(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d") if at else ""
