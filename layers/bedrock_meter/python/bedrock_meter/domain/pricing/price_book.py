"""The price book: every rate there is or was, and the look-up of those that hold.

Order of the look-up: the id is taken apart (`model`); partition and Region come from the record;
then time, service tier, scope; then the closest Region wins, an exact one over those of a
geography over all. Two survivors are ambiguous and price nothing. Nothing falls back to another
tier, Region, TTL or scope unless a rule row of the book says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import NamedTuple

from bedrock_meter.domain.pricing.input_count import InputCount, is_converse
from bedrock_meter.domain.pricing.model import ModelRef
from bedrock_meter.domain.pricing.place import EVERY_REGION, Place, closeness_of
from bedrock_meter.domain.pricing.rate import Rate, RateRow, rate_of
from bedrock_meter.domain.pricing.rate_card import FoundRate, RateCard
from bedrock_meter.domain.records.memory import forget_if_full
from bedrock_meter.domain.records.usage import SERVICE_OF
from bedrock_meter.domain.time.hours import in_force

STANDARD = "standard"
UNKNOWN_MODEL = "unknown_model"
NO_RATE_FOR_REGION = "no_rate_for_region"
NO_RATE_FOR_KIND = "no_rate_for_kind"

Row = Sequence[str]  # The texts of a RateRow, maybe just read from a file.
_SERVICES = {
    service: frozenset(kind for kind in SERVICE_OF if SERVICE_OF[kind] == service)
    for service in SERVICE_OF.values()
}


class Rule(NamedTuple):
    """Where the rates that a model has at one place hold as well: an assumption, and flagged."""

    name: str
    model: str
    base: Place
    places: tuple[Place, ...]
    partition: str
    basis: str


class PriceBook:
    """Rates by model. `id` names the content: two books with one id price everything alike.

    `accepted` are the ids of rates that are used only because the operator accepted them,
    `input_counts` says what logged input counts mean where that is not as documented.
    """

    def __init__(
        self,
        rows: Iterable[Row],
        rules: Iterable[Rule] = (),
        accepted: Iterable[str] = (),
        overlay: Iterable[Row] = (),
        input_counts: Iterable[InputCount] = (),
    ) -> None:
        over = [RateRow._make(row) for row in overlay]
        ordered = sorted([*map(RateRow._make, rows), *over])
        self._overlaid = frozenset(row.id for row in over)
        self._rules = {rule.model: rule for rule in sorted(rules)}
        self.rules = tuple(sorted(self._rules.values()))
        self.accepted = frozenset(accepted)
        self.input_counts = tuple(sorted(input_counts, key=str))
        self._meanings: dict[str, tuple[InputCount, ...]] = {}
        self._rows: dict[str, list[RateRow]] = {}
        for row in ordered:
            self._rows.setdefault(row.model, []).append(row)
        self.id = self._content_id(ordered)
        self._rates: dict[str, tuple[Rate, ...]] = {}
        self._rate_cards: dict[tuple[ModelRef, str, str], list[RateCard]] = {}

    def _content_id(self, rows: list[RateRow]) -> str:
        digest = sha256("\n".join(map("\t".join, rows)).encode())
        for rule in self.rules:
            digest.update(f"\n{rule}".encode())
        for count in self.input_counts:
            digest.update(f"\n{count}".encode())
        for ids in (self.accepted, self._overlaid):
            digest.update("\n".join(sorted(ids)).encode())
        return digest.hexdigest()[:16]

    def models(self) -> list[str]:
        """Return the model keys with any rate, sorted."""
        return sorted(self._rows)

    def rates_of(self, model_key: str) -> tuple[Rate, ...]:
        """Return all rates of a model, past and unbilled ones included; BadRate if one is bad."""
        rates = self._rates.get(model_key)
        if rates is None:
            rows = self._rows.get(model_key, ())
            rates = tuple(map(rate_of, rows))
            if rows:
                self._rates[model_key] = rates
        return rates

    def rates(self) -> Iterator[Rate]:
        """Yield every rate of the book, by model."""
        for model_key in self.models():
            yield from self.rates_of(model_key)

    def input_count_of(self, model_key: str, operation: str, at: datetime) -> str | None:
        """Return what the input count of a call means; None: as documented, without cached tokens.

        Of several rows, the one that names the model most closely holds.
        """
        rows = self._meanings.get(model_key)
        if rows is None:
            forget_if_full(self._meanings)
            about = [row for row in self.input_counts if row.is_about(model_key)]
            rows = tuple(sorted(about, key=lambda row: -len(row.model)))
            self._meanings[model_key] = rows
        if not rows or not is_converse(operation):
            return None
        return next((row.meaning for row in rows if row.holds(at)), None)

    def rows(self) -> list[RateRow]:
        """Return every row, sorted by model."""
        return [row for model_key in self.models() for row in self._rows[model_key]]

    def is_overlaid(self, one: Rate | RateRow) -> bool:
        """Return whether a rate or a row is the operator's."""
        return one.id in self._overlaid

    def bills(self, rate: Rate) -> bool:
        """Return whether a rate is used: its row says so, or the operator accepted it."""
        return rate.billed or rate.id in self.accepted

    def rate_card_for(self, model: ModelRef, region: str, tier: str, at: datetime) -> RateCard:
        """Return the rates in force for a call; an empty rate card, never an error, if none are."""
        rate_cards = self._rate_cards.get((model, region, tier))
        if rate_cards is not None:
            for rate_card in rate_cards:
                if rate_card.holds(at):
                    return rate_card
        rate_card = self._rate_card(model, region, tier, at)
        forget_if_full(self._rate_cards)
        self._rate_cards.setdefault((model, region, tier), []).append(rate_card)
        return rate_card

    def _rate_card(self, model: ModelRef, region: str, tier: str, at: datetime) -> RateCard:
        found = list(self._services(region))
        if model.resolved and not model.commitment and model.key not in _SERVICES:
            found += self._found(model, region, tier)
        since, until = _interval(found, at)
        valid = [one for one in found if in_force(at, one.rate.since, one.rate.until)]
        return RateCard(valid, since, until, partial(self._why, model, region))

    def _found(self, model: ModelRef, region: str, tier: str) -> Iterator[FoundRate]:
        """Yield the rates of a model that hold in a Region, at any time."""
        for rate in self.rates_of(model.key):
            if rate.tier == tier and self.bills(rate):
                yield from self._fitting(rate, model, region)

    def _services(self, region: str) -> Iterator[FoundRate]:
        for service, kinds in _SERVICES.items():
            for one in self._found(ModelRef(service), region, STANDARD):
                if one.rate.kind in kinds:
                    yield one

    def _fitting(self, rate: Rate, model: ModelRef, region: str) -> Iterator[FoundRate]:
        closeness = max(
            (closeness_of(place, rate.partition, model, region) for place in rate.places), default=0
        )
        rule = self._rules.get(rate.model)
        if closeness:
            yield FoundRate(rate, closeness, None, self.is_overlaid(rate))
        elif rule and rule.base in rate.places:
            widened = (closeness_of(place, rule.partition, model, region) for place in rule.places)
            if rate.partition == rule.partition and any(widened):
                yield FoundRate(rate, EVERY_REGION, rule.name, self.is_overlaid(rate))

    def _why(self, model: ModelRef, region: str, kind: str) -> str:
        """Return why a kind has no rate on a rate card."""
        key = SERVICE_OF.get(kind, model.key)
        caller = ModelRef(key) if kind in SERVICE_OF else model
        if not self._rows.get(key):
            return UNKNOWN_MODEL
        rates = [rate for rate in self.rates_of(key) if rate.kind == kind and self.bills(rate)]
        if rates and not any(list(self._fitting(rate, caller, region)) for rate in rates):
            return NO_RATE_FOR_REGION
        return NO_RATE_FOR_KIND


def _interval(found: list[FoundRate], at: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the time around `at` in which none of these rates begins or ends."""
    times = {time for one in found for time in (one.rate.since, one.rate.until) if time}
    before = [time for time in times if time <= at]
    after = [time for time in times if time > at]
    return max(before, default=None), min(after, default=None)
