"""What must hold among the rates of a price book, whatever they are.

    validity   rates of one key and place neither overlap nor leave a gap between them
    jump       no version of a rate is 100 times another: that is a slip of unit
    tiers      flex and batch cost at most standard, standard at most priority
    ttl        a 5-minute cache write costs at most a 1-hour one
    scope      in-Region or geographic over global is 1 or 1.1, in us-east-1 and the US, where
               prices are published for all models (other Regions have prices of their own)
    govcloud   GovCloud over global is 1.2
    uniform    where a rule says that Regions are alike, they are

The last three compare rates without an end; a rate ends at the latest where the next one of its
key begins. A violation is a finding for a person, not an error: AWS may break an invariant, and
then the invariant is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from itertools import combinations, pairwise
from typing import NamedTuple

from bedrock_meter.domain.pricing.model import GEO, GLOBAL, IN_REGION
from bedrock_meter.domain.pricing.place import Place, place_of
from bedrock_meter.domain.pricing.price_book import STANDARD, PriceBook
from bedrock_meter.domain.pricing.rate import Rate, is_slip, shown_time
from bedrock_meter.domain.pricing.region import AWS, GOVCLOUD
from bedrock_meter.domain.records.usage import CACHE_WRITE_1H_TOKENS, CACHE_WRITE_5M_TOKENS
from bedrock_meter.domain.time.hours import overlap

_EVER = datetime.min.replace(tzinfo=UTC)


class Violation(NamedTuple):
    """An invariant that two or more rates break."""

    invariant: str
    message: str
    rates: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.invariant}: {self.message} [{' '.join(self.rates)}]"


class _Spot(NamedTuple):
    """One rate at one of its places, and when it ends there: what invariants compare."""

    rate: Rate
    place: Place
    until: datetime | None

    @property
    def key(self) -> tuple[object, ...]:
        return (*self.rate.product, self.rate.tier, self.place, self.rate.partition)

    @property
    def offer(self) -> tuple[object, ...]:
        """What is sold, and at which tier, wherever."""
        return (*self.rate.product, self.rate.tier)


_AMERICAN = tuple(map(place_of, ("in_region@us-east-1", "geo:us@us-east-1", "geo:us@us-*")))

Invariant = Callable[[PriceBook, list[_Spot]], Iterator[Violation]]


def violations_of(book: PriceBook) -> list[Violation]:
    """Return the violations among the billed rates, sorted; BadRate when a row cannot be read."""
    spots = list(_spots_of(book))
    found = {violation for invariant in INVARIANTS for violation in invariant(book, spots)}
    return sorted(found)


def _spots_of(book: PriceBook) -> Iterator[_Spot]:
    """Yield every billed rate at each of its places, ended by the next one of its key."""
    spots = (
        _Spot(rate, place, rate.until)
        for rate in book.rates()
        if book.bills(rate)
        for place in rate.places
    )
    for versions in _grouped(spots, lambda spot: spot.key).values():
        begins = [spot.rate.since for spot in _in_time(versions)]
        for spot in versions:
            later = begins[begins.index(spot.rate.since) :]
            next_one = next((since for since in later if since != spot.rate.since), None)
            yield spot._replace(until=spot.until or next_one)


def _validity(book: PriceBook, spots: list[_Spot]) -> Iterator[Violation]:
    for versions in _grouped(spots, lambda spot: (book.is_overlaid(spot.rate), *spot.key)).values():
        for earlier, later in pairwise(_in_time(versions)):
            yield from _between(earlier, later)


def _between(earlier: _Spot, later: _Spot) -> Iterator[Violation]:
    one, two = earlier.rate, later.rate
    what = f"{one.model} {one.kind} {one.tier} {earlier.place}"
    if one.since == two.since:
        yield Violation("validity", f"{what}: two rates since {_day(one)}", _ids(one, two))
    elif one.until is None or two.since is None:
        return  # Without an end, a rate ends where the next one begins.
    elif one.until > two.since:
        text = f"{what}: until {one.until:%Y-%m-%d}, but another since {_day(two)}"
        yield Violation("validity", text, _ids(one, two))
    elif one.until < two.since:
        text = f"{what}: no rate from {one.until:%Y-%m-%d} to {_day(two)}"
        yield Violation("validity", text, _ids(one, two))


def _jump(_book: PriceBook, spots: list[_Spot]) -> Iterator[Violation]:
    for versions in _grouped(spots, lambda spot: spot.key).values():
        for earlier, later in pairwise(_in_time(versions)):
            if is_slip(earlier.rate.atto, later.rate.atto):
                text = f"{later.rate.model} {later.rate.kind}: {_change(earlier.rate, later.rate)}"
                yield Violation("jump", text, _ids(earlier.rate, later.rate))


def _tiers(_book: PriceBook, spots: list[_Spot]) -> Iterator[Violation]:
    ordered = [("flex", STANDARD), ("batch", STANDARD), (STANDARD, "priority")]
    for many in _grouped(spots, lambda spot: (*spot.rate.product, spot.place)).values():
        by_tier = _grouped(many, lambda spot: spot.rate.tier)
        for cheap, dear in ordered:
            yield from _dearer("tiers", cheap, by_tier.get(cheap, []), dear, by_tier.get(dear, []))


def _ttl(_book: PriceBook, spots: list[_Spot]) -> Iterator[Violation]:
    def where(spot: _Spot) -> tuple[object, ...]:
        return (spot.rate.model, spot.rate.band, spot.rate.tier, spot.place)

    for many in _grouped(spots, where).values():
        by_kind = _grouped(many, lambda spot: spot.rate.kind)
        short, long = by_kind.get(CACHE_WRITE_5M_TOKENS, []), by_kind.get(CACHE_WRITE_1H_TOKENS, [])
        yield from _dearer("ttl", "5m write", short, "1h write", long)


def _dearer(
    invariant: str, cheap: str, ones: list[_Spot], dear: str, others: list[_Spot]
) -> Iterator[Violation]:
    for one, two in _together(ones, others):
        if one.atto > two.atto:
            text = f"{one.model} {one.kind}: {cheap} {one.usd} above {dear} {two.usd}"
            yield Violation(invariant, text, _ids(one, two))


def _scope(_book: PriceBook, spots: list[_Spot]) -> Iterator[Violation]:
    near = [spot for spot in spots if spot.place in _AMERICAN]
    for one, two in _against_global(near, spots):
        if one.atto * 10 not in (two.atto * 10, two.atto * 11):
            text = f"{one.model} {one.kind} {one.tier}: {one.usd} against global {two.usd}"
            yield Violation("scope", text, _ids(one, two))


def _govcloud(_book: PriceBook, spots: list[_Spot]) -> Iterator[Violation]:
    gov = [spot for spot in spots if spot.rate.partition == GOVCLOUD]
    for one, two in _against_global(gov, spots):
        if one.atto * 10 != two.atto * 12:
            text = f"{one.model} {one.kind}: GovCloud {one.usd} against global {two.usd}"
            yield Violation("govcloud", text, _ids(one, two))


def _uniform(book: PriceBook, spots: list[_Spot]) -> Iterator[Violation]:
    models = {rule.model for rule in book.rules}
    alike = [
        spot
        for spot in spots
        if spot.rate.model in models
        and spot.rate.partition == AWS
        and spot.place.scope in (IN_REGION, GEO)
        and spot.until is None
    ]
    for many in _grouped(alike, lambda spot: spot.offer).values():
        for one, two in combinations(_once(many), 2):
            if one.rate.atto != two.rate.atto:
                prices = f"{one.rate.usd} and {two.rate.usd} in different Regions"
                text = f"{one.rate.model} {one.rate.kind}: {prices}"
                yield Violation("uniform", text, _ids(one.rate, two.rate))


INVARIANTS: tuple[Invariant, ...] = (_validity, _jump, _tiers, _ttl, _scope, _govcloud, _uniform)


def _against_global(spots: list[_Spot], every: list[_Spot]) -> Iterator[tuple[Rate, Rate]]:
    """Yield each rate with the global one of the same product and tier."""
    lasting = [spot for spot in spots if spot.until is None]
    worldwide = [spot for spot in every if spot.place.scope == GLOBAL and not spot.until]
    by_offer = _grouped(worldwide, lambda spot: spot.offer)
    for offer, many in _grouped(lasting, lambda spot: spot.offer).items():
        yield from _together(many, by_offer.get(offer, []))


def _together(ones: list[_Spot], others: list[_Spot]) -> Iterator[tuple[Rate, Rate]]:
    """Yield the pairs that hold at the same time."""
    for one in _once(ones):
        for two in _once(others):
            if overlap((one.rate.since, one.until), (two.rate.since, two.until)):
                yield one.rate, two.rate


def _once(spots: Iterable[_Spot]) -> list[_Spot]:
    return list({(spot.rate.id, spot.until): spot for spot in spots}.values())


def _grouped[Key](spots: Iterable[_Spot], key: Callable[[_Spot], Key]) -> dict[Key, list[_Spot]]:
    groups: dict[Key, list[_Spot]] = {}
    for spot in spots:
        groups.setdefault(key(spot), []).append(spot)
    return groups


def _in_time(spots: list[_Spot]) -> list[_Spot]:
    return sorted(spots, key=lambda spot: (spot.rate.since or _EVER, spot.rate.id))


def _day(rate: Rate) -> str:
    return shown_time(rate.since) or "ever"


def _change(one: Rate, two: Rate) -> str:
    return f"{one.usd} per {one.per} became {two.usd} per {two.per}"


def _ids(one: Rate, two: Rate) -> tuple[str, ...]:
    return tuple(sorted((one.id, two.id)))
