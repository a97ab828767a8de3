"""A price added to the shipped book: its row, whether it may be added, and what it changes.

The row is given by column. What follows from the rest may be left out: the id, the partition, the
tier (standard), the units of a token price (1,000,000), and whether it is billed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime

from bedrock_meter.domain.prices.book_invariants import violations_of
from bedrock_meter.domain.pricing.model import GEO, GLOBAL, PROVIDERS, ModelRef, model_of
from bedrock_meter.domain.pricing.price_book import STANDARD, PriceBook
from bedrock_meter.domain.pricing.rate import BILLABLE, BadRate, Rate, RateRow, rate_of, row_of
from bedrock_meter.domain.pricing.rate_card import HIGH, LOW, RateCard
from bedrock_meter.domain.pricing.region import COMMERCIAL, GOVERNMENT, geographies_of, partition_of
from bedrock_meter.domain.pricing.resolution import example_of
from bedrock_meter.domain.records.usage import SERVICE_OF, UNIT_OF, qualified

SERVICES = "services"
_NEEDED = ("model", "kind", "usd", "where", "since", "confidence", "source")
_GRAVE = ("validity", "jump")
_MOST_NAMED = 4
_EVER = datetime.min.replace(tzinfo=UTC)


class BadAddition(ValueError):
    """A row that cannot be added to the book; the message says why."""


def new_row(texts: Mapping[str, str]) -> RateRow:
    """Return the row of texts by column, completed and checked; BadRate when one is wrong."""
    for column in _NEEDED:
        if column not in texts:
            empty = " (empty: without a beginning)" if column == "since" else ""
            raise BadRate(column, f"is missing: state {column}=…{empty}")
    model = model_of(texts["model"])
    if model.key != texts["model"]:
        raise BadRate("model", f"{texts['model']!r} is called through a scope: state {model.key}")
    return row_of({**_implied(texts), **texts})


def _implied(texts: Mapping[str, str]) -> dict[str, str]:
    region = texts["where"].partition(" ")[0].rpartition("@")[2]
    implied = {
        "partition": partition_of(region),
        "tier": STANDARD,
        "bill": "yes" if texts["confidence"] in BILLABLE else "no",
    }
    return implied | ({"per": "1000000"} if UNIT_OF.get(texts["kind"], "token") == "token" else {})


def file_for(model: str, files: Mapping[str, str]) -> str:
    """Return the name of the file for a model's rows; `files` names that of every model so far."""
    provider = model.partition(".")[0]
    if model in files:
        return files[model]
    if model in SERVICE_OF.values():
        return SERVICES
    if provider in PROVIDERS and provider != model:
        return provider
    known = ", ".join(sorted(PROVIDERS))
    raise BadAddition(
        f"model: {model!r} begins with no provider ({known}); see domain/pricing/model.py"
    )


def inserted(rows: Iterable[RateRow], row: RateRow) -> list[RateRow]:
    """Return the rows of a file with one more: models in order, each with its rows as they came."""
    return sorted([*rows, row], key=lambda one: one.model)


def rate_added(old: PriceBook, row: RateRow) -> Rate:
    """Return the rate of a row that is new to a book; BadAddition when the book has it."""
    rate = rate_of(row)
    if any(one.id == rate.id for one in old.rates_of(rate.model)):
        raise BadAddition(f"the book has this price already: {rate.id}")
    return rate


def broken_by(old: PriceBook, new: PriceBook) -> list[str]:
    """Return the violations of the new book that the old one does not have.

    BadAddition for two rates for the same calls and for a slip of unit. Any other violation is for
    a person: the price of one scope may break an invariant until that of the other is added.
    """
    before = violations_of(old)
    broken = [one for one in violations_of(new) if one not in before]
    if grave := next((one for one in broken if one.invariant in _GRAVE), None):
        raise BadAddition(str(grave))
    return list(map(str, broken))


def firsts_of(old: PriceBook, rate: Rate) -> Iterator[str]:
    """Yield which words of a rate no other has: each may be meant, or a slip."""
    for column, word in (("model", rate.model), ("tier", rate.tier)):
        if not any(getattr(one, column) == word for one in old.rates()):
            yield f"{column}: no other price has {word!r}"


def effects_of(old: PriceBook, new: PriceBook, rate: Rate) -> Iterator[str]:
    """Yield which calls cost something else from the rate's first moment on, and what."""
    changes: dict[str, dict[str, dict[str, None]]] = {}
    for model, region in _callers(rate.model):
        for band in (LOW, HIGH):
            at = rate.since or _EVER
            cards = (book.rate_card_for(model, region, rate.tier, at) for book in (old, new))
            before, after = (_price(rate_card, rate, band) for rate_card in cards)
            if before != after:
                scope = f"{GEO}:{model.geo}" if model.geo else model.scope
                regions = changes.setdefault(f"{before} → {after}", {}).setdefault(scope, {})
                regions[region] = None
    for change, scopes in changes.items():
        callers = (f"{scope} from {_named(list(regions))}" for scope, regions in scopes.items())
        yield f"{change}: {', '.join(callers)}"


def _callers(model: str) -> Iterator[tuple[ModelRef, str]]:
    for region in sorted(COMMERCIAL | GOVERNMENT):
        yield ModelRef(model), region
        yield ModelRef(model, GLOBAL), region
        for geography in geographies_of(region):
            yield ModelRef(model, GEO, geography), region


def _named(regions: list[str]) -> str:
    return " ".join(regions) if len(regions) <= _MOST_NAMED else f"{len(regions)} Regions"


def _price(rate_card: RateCard, rate: Rate, band: int) -> str:
    key = qualified(rate.kind, example_of(rate.resolution), rate.quality)
    found = rate_card.rates_for(key, band)
    return f"{found[0].usd} per {found[0].per} [{found[0].id}]" if len(found) == 1 else "no rate"
