"""Prices as AWS publishes them, and as rows the price book could take.

A `Published` is one price of the Price List or of an agreement offer, as it came. A `Candidate`
is what it would be as a row of the book, still to be compared with what is in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from bedrock_meter.domain.prices.usage_type import Meaning, Skipped, looks_like_tokens, meaning_of
from bedrock_meter.domain.pricing.money import EXACT, BadAmount, decimal_of, plain
from bedrock_meter.domain.pricing.place import places_text
from bedrock_meter.domain.pricing.rate import BadRate, RateRow, row_of
from bedrock_meter.domain.pricing.region import GOVCLOUD, geographies_of, is_region, partition_of
from bedrock_meter.domain.records.usage import UNIT_OF

PER_MILLION = 1_000_000


class Published(NamedTuple):
    """One price as AWS gave it. `model` is a model id where the source is keyed by it."""

    origin: str  # price_list | agreement_offer
    usage_type: str
    region: str
    unit: str
    usd: str
    effective: str  # ISO time; empty where the source has none.
    service: str = ""
    model: str = ""

    @property
    def key(self) -> str:
        """What stays the same from one day to the next: the thing that has a price."""
        return f"{self.origin}/{self.service or self.model}/{self.region}/{self.usage_type}"


def model_of_key(key: str) -> str:
    """Return the model in the key of an agreement offer's price; empty for other keys."""
    origin, _, rest = key.partition("/")
    return rest.partition("/")[0] if origin == "agreement_offer" else ""


class Candidate(NamedTuple):
    """A row the book could take, and where it comes from."""

    row: RateRow
    published: Published
    above: bool  # In the high band of a threshold that AWS does not publish.

    @property
    def product(self) -> tuple[object, ...]:
        """What is priced: everything of the row but the price, its date and its origin."""
        row = self.row
        return row.model, row.kind, row.where, row.tier, row.resolution, row.quality, self.above


class Sorted(NamedTuple):
    """Everything published, sorted by what can be done with it."""

    candidates: tuple[Candidate, ...]
    skipped: tuple[str, ...]
    unmapped: tuple[str, ...]  # Understood, but no model key is known for the name.
    unparsed: tuple[str, ...]  # Not understood; token-like ones stop the refresh.


_TOKEN_UNITS = {"1K tokens": 1_000, "1M tokens": PER_MILLION, "Units": PER_MILLION}
_SINGLE_UNITS = {
    "image": ("image", "images", "Image", "Images", "Images Processed", "Units"),
    "second": ("second", "seconds", "Seconds", "Second", "Units"),
    "text unit": ("TextUnit", "TextUnits", "Text Units", "text units", "Units"),
    "request": ("Request", "Requests", "requests", "Units"),
    "query": ("Units", "Search Units", "Requests"),
    "1K TPM hour": ("Units", "1K TPM Hour", "Hrs", "Hours"),
}


def sorted_out(published: Iterable[Published], names: Mapping[str, str], now: datetime) -> Sorted:
    """Turn what AWS published into candidates; every price ends in exactly one of the four."""
    candidates: list[Candidate] = []
    skipped: set[str] = set()
    unmapped: set[str] = set()
    unparsed: set[str] = set()
    for price in published:
        meaning = meaning_of(price.usage_type)
        if isinstance(meaning, Skipped):
            skipped.add(f"{price.usage_type}: {meaning.why}")
        elif meaning is None or per_of(meaning.kind, price.unit) is None:
            unparsed.add(f"{price.usage_type} ({price.unit})")
        elif not (model := _model_for(price, meaning, names)):
            unmapped.add(meaning.name or price.service)
        else:
            try:
                candidates.append(_candidate(price, meaning, model, now))
            except (BadRate, BadAmount) as bad:
                unparsed.add(f"{price.usage_type} ({price.unit}): {bad}")
    current = _without_doubles(candidates)
    return Sorted(current, *(tuple(sorted(texts)) for texts in (skipped, unmapped, unparsed)))


def stops_the_refresh(unparsed: Iterable[str]) -> list[str]:
    """Return the unparsed names that look like tokens: without them, money would be missed."""
    return [text for text in unparsed if looks_like_tokens(text)]


def per_of(kind: str, unit: str) -> int | None:
    """Return how many units of a kind a published unit is; None if it is not one of that kind.

    `Units` of tokens are millions: AWS Marketplace bills so, though its rate cards do not say it.
    """
    counted = UNIT_OF[kind]
    if counted == "token":
        return _TOKEN_UNITS.get(unit)
    return 1 if unit in _SINGLE_UNITS.get(counted, ()) else None


def _model_for(price: Published, meaning: Meaning, names: Mapping[str, str]) -> str | None:
    if price.model:
        return price.model
    name = meaning.name or price.service.removesuffix(" (Amazon Bedrock Edition)")
    return names.get(name)


def _candidate(price: Published, meaning: Meaning, model: str, now: datetime) -> Candidate:
    texts = {
        "model": model,
        "kind": meaning.kind,
        "per": str(PER_MILLION if UNIT_OF[meaning.kind] == "token" else 1),
        "usd": _usd(price, meaning.kind),
        "where": _where(price.region, meaning.worldwide),
        "partition": partition_of(price.region),
        "tier": meaning.tier,
        "resolution": meaning.resolution,
        "quality": meaning.quality,
        "since": (price.effective or now.isoformat())[:10],
        "confidence": "high",
        "bill": "yes",
        "source": f"AWS {price.origin.replace('_', ' ')} {price.usage_type}, {now:%Y-%m-%d}",
    }
    return Candidate(row_of(texts), price, meaning.above)


def _usd(price: Published, kind: str) -> str:
    """Return dollars per million tokens, or per single unit of anything else."""
    per = per_of(kind, price.unit) or 1
    whole = PER_MILLION if UNIT_OF[kind] == "token" else 1
    return plain(EXACT.multiply(decimal_of(price.usd), Decimal(whole // per)))


def _where(region: str, worldwide: bool) -> str:
    if not is_region(region):
        raise BadRate("where", f"{region!r} is not a Region")
    if partition_of(region) == GOVCLOUD:
        return f"any@{region}"
    if worldwide:
        return "global@*"
    return places_text(region, geographies_of(region))


def _without_doubles(candidates: list[Candidate]) -> tuple[Candidate, ...]:
    """Keep one candidate per price: no stale or mantle one where a current one exists.

    Of candidates that agree, one is kept; those that disagree stay, for the comparison to hold.
    """
    kept: list[Candidate] = []
    for doubles in by_product(candidates).values():
        best = min(map(_rank, doubles))
        current = {one.row.usd: one for one in doubles if _rank(one) == best}
        kept += [current[usd] for usd in sorted(current)]
    return tuple(sorted(kept, key=lambda candidate: candidate.row[1:]))


def by_product(candidates: Iterable[Candidate]) -> dict[tuple[object, ...], list[Candidate]]:
    """Group candidates by what is priced."""
    groups: dict[tuple[object, ...], list[Candidate]] = {}
    for candidate in candidates:
        groups.setdefault(candidate.product, []).append(candidate)
    return groups


def _rank(candidate: Candidate) -> tuple[bool, bool, bool]:
    meaning = meaning_of(candidate.published.usage_type)
    assert isinstance(meaning, Meaning)
    listed = candidate.published.origin == "price_list"
    return meaning.stale, meaning.mantle, listed
