"""What changed at AWS against the book in force: what is taken at once, what a person decides.

Taken: a new dated price within 50 % of the old one, and a first price where the model is known
and the size plausible. Held: anything larger, a new zero, a change of unit, a disappearance, a new
model, two sources that disagree, a price that would change the past.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.prices.published import Candidate, Published, by_product, model_of_key
from bedrock_meter.domain.pricing.model import GEO, GLOBAL, IN_REGION, ModelRef
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.pricing.rate import Band, Rate, RateRow, id_of, is_slip, rate_of
from bedrock_meter.domain.pricing.rate_card import HIGH, LOW
from bedrock_meter.domain.records.usage import qualified

MOST_CHANGE = 50  # Percent of the old price.
MOST_PAST = timedelta(days=35)  # A change that is older than this was missed, or is none.


class Held(NamedTuple):
    """One change that waits for a person. `row` is what approving it would add; may be empty."""

    why: str
    what: str
    old_usd: str | None
    new_usd: str | None
    row: tuple[str, ...] = ()


class Reviewed(NamedTuple):
    """The outcome of a comparison. Every candidate is in exactly one of the three."""

    accepted: tuple[RateRow, ...]
    held: tuple[Held, ...]
    unchanged: int


type Observed = Mapping[str, tuple[str, str]]
"""What was published last time: unit and price by key."""


def observed_in(
    published: Iterable[Published], before: Observed, unread: Iterable[str]
) -> Observed:
    """Return what is published now, to be compared with next time.

    Of models in `unread` nothing was read: what was seen of them before is kept.
    """
    models = set(unread)
    kept = {key: seen for key, seen in before.items() if model_of_key(key) in models}
    return kept | {price.key: (price.unit, price.usd) for price in published}


def reviewed(
    candidates: Iterable[Candidate],
    book: PriceBook,
    before: Observed,
    after: Observed,
    now: datetime,
) -> Reviewed:
    """Compare candidates with the book in force, and what is published with what was."""
    accepted: list[RateRow] = []
    held = [*_gone(before, after), *_other_units(before, after)]
    changed_units = {one.what for one in held if one.why == "unit_changed"}
    unchanged = 0
    for many in by_product(candidates).values():
        verdicts = [_verdict(one, book, changed_units, now) for one in many]
        if len(many) > 1:
            held += [_held("sources_disagree", one.row, None) for one in many]
        elif verdicts[0] is None:
            unchanged += 1
        elif isinstance(verdicts[0], Held):
            held.append(verdicts[0])
        else:
            accepted.append(verdicts[0])
    return Reviewed(tuple(sorted(accepted)), tuple(sorted(held)), unchanged)


def _verdict(
    candidate: Candidate, book: PriceBook, changed_units: set[str], now: datetime
) -> RateRow | Held | None:
    """Return None for a price as in the book, a row to be taken, or what a person must decide."""
    banded = _banded(candidate, book, now)
    if banded is None:
        return _held("threshold_unknown", candidate.row, None)
    rate = rate_of(banded)
    known = _known_rate(rate, candidate.above, book, now)
    if known is not None and known.atto == rate.atto:
        return None
    why = _why_held(rate, known, book, now)
    if candidate.published.key in changed_units:
        why = "unit_changed"
    return _held(why, banded, known) if why else banded


def _why_held(rate: Rate, known: Rate | None, book: PriceBook, now: datetime) -> str | None:
    if known is None:
        return _why_held_first(rate, book)
    if not rate.atto:
        return "new_zero"
    if rate.since and (rate.since < now - MOST_PAST or (known.since and rate.since <= known.since)):
        return "would_change_the_past"
    if abs(rate.atto - known.atto) * 100 > known.atto * MOST_CHANGE:
        return "more_than_50_percent"
    return None


def _why_held_first(rate: Rate, book: PriceBook) -> str | None:
    """Compare a first price with the only thing there is: the model's prices elsewhere."""
    siblings = [
        one.atto
        for one in book.rates_of(rate.model)
        if (one.kind, one.tier) == (rate.kind, rate.tier) and one.atto and book.bills(one)
    ]
    if not book.rates_of(rate.model):
        return "new_model"
    if not rate.atto:
        return "new_zero"
    if any(is_slip(rate.atto, one) for one in siblings):
        return "slip_of_unit"
    return None


def _banded(candidate: Candidate, book: PriceBook, now: datetime) -> RateRow | None:
    """Return the row with its context band, whose threshold only the book knows.

    A long-context price of a model without a threshold must equal the base price; it then is one.
    """
    row = candidate.row
    billed = [rate for rate in book.rates_of(row.model) if book.bills(rate)]
    thresholds = {rate.band.threshold for rate in billed if rate.band}
    if len(thresholds) > 1:
        return None
    if not thresholds:
        rate = rate_of(row)
        base = _known_rate(rate, False, book, now) if candidate.above else rate
        return row if base and base.atto == rate.atto else None
    row = row._replace(band=str(Band(candidate.above, thresholds.pop())))
    return row._replace(id=id_of(row))


def _known_rate(rate: Rate, above: bool, book: PriceBook, now: datetime) -> Rate | None:
    """Return the book's rate for a call at this rate's first place, now or when it begins."""
    place = rate.places[0]
    scope = place.scope if place.scope in (GEO, GLOBAL) else IN_REGION
    model = ModelRef(rate.model, scope, place.geo or None)
    region = place.region if "*" not in place.region else "us-east-1"
    rate_card = book.rate_card_for(model, region, rate.tier, max(rate.since or now, now))
    size = rate.resolution.removeprefix("<=")
    rates = rate_card.rates_for(qualified(rate.kind, size, rate.quality), HIGH if above else LOW)
    return rates[0] if len(rates) == 1 else None


def _gone(before: Observed, after: Observed) -> list[Held]:
    lost = sorted(before.keys() - after.keys())
    return [Held("disappeared", key, before[key][1], None) for key in lost]


def _other_units(before: Observed, after: Observed) -> list[Held]:
    both = sorted(before.keys() & after.keys())
    return [
        Held("unit_changed", key, " per ".join(old[::-1]), " per ".join(new[::-1]))
        for key in both
        if (old := before[key])[0] != (new := after[key])[0]
    ]


def _held(why: str, row: RateRow, known: Rate | None) -> Held:
    rate = rate_of(row)
    what = f"{rate.model} {rate.shown_kind} {rate.tier} {rate.shown_places}"
    return Held(why, what, known.usd if known else None, rate.usd, row)
