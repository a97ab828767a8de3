"""Attributing: whose calls are, worked out once for equal callers, never for a call."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from bedrock_meter.columns.arrays import codes32, first_places, joined, places
from bedrock_meter.columns.calls import Calls, named_by, profile_of
from bedrock_meter.columns.codes import Codes
from bedrock_meter.columns.gather import EPOCH, What
from bedrock_meter.domain.policy.attribution import Attribution
from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.pricing.model import ModelRef, model_of
from bedrock_meter.domain.totals.changes import changes_within, facts_within
from bedrock_meter.domain.totals.valuation import Tariff, Valuation

_MICROSECOND = timedelta(microseconds=1)


class Attributed(NamedTuple):
    """A number for each call into `attributions`, and for each of those one into `tariffs`.

    `segment` numbers the stretches of time in which nothing changes that a call is valued by, of
    which there are `segments`; None when there is one.
    """

    number: pa.Array
    attributions: list[Attribution]
    tariff_of: list[int]
    tariffs: list[Tariff]
    segment: pa.Array | None
    segments: int


def attributed(calls: Calls, valuation: Valuation) -> Attributed:
    """Find whose the calls are; the profiles they name are looked up together."""
    whats = [calls.gathered.whats.values[code] for code in calls.whats]
    valuation.learn_named({named_by(what) for what in whats})
    cuts = _changes_of_facts(calls, whats, valuation)
    owners = _Owners(calls, valuation)
    number = owners.numbers(_segments(calls.at, cuts), len(cuts) + 1)
    cuts = sorted({*cuts, *_changes_of_prices(calls, whats, cuts, valuation, owners.tariffs)})
    segment = _segments(calls.at, cuts)
    return Attributed(
        number, owners.attributions, owners.tariff_of, owners.tariffs, segment, len(cuts) + 1
    )


def fact_for(what: What, at: datetime, valuation: Valuation) -> ProfileFact | None:
    """Return the fact about the profile that calls name."""
    return valuation.fact_for(named_by(what), at)


def model_for(what: What, at: datetime, valuation: Valuation) -> ModelRef:
    """Return the model that calls are priced as."""
    return model_of(what.model_id, fact_for(what, at, valuation), what.body_model)


class _Owners:
    """The different attributions of an hour."""

    def __init__(self, calls: Calls, valuation: Valuation) -> None:
        self._calls = calls
        self._valuation = valuation
        self._known: dict[object, int] = {}
        self.attributions: list[Attribution] = []
        self.tariff_of: list[int] = []
        self.tariffs: list[Tariff] = []

    def numbers(self, segment: pa.Array | None, segments: int) -> pa.Array:
        """Attribute each caller once, together with each profile that it named."""
        profiles: Codes[str | None] = Codes()
        profiles.of(None)
        named = codes32([profiles.of(profile_of(w)) for w in self._calls.gathered.whats.values])
        key = self._calls.who
        if len(profiles.values) > 1:
            key = joined(key, named.take(self._calls.what), len(profiles.values))
            key = joined(key, segment, segments)
        groups = key.dictionary_encode().indices
        first = first_places(groups, places(len(groups)))
        return codes32([self._number_of(first[code]) for code in range(len(first))]).take(groups)

    def _number_of(self, place: int) -> int:
        calls = self._calls
        who = calls.gathered.whos.values[calls.gathered.who[calls.row(place)]]
        fact = fact_for(calls.what_at(place), calls.moment(place), self._valuation)
        found = self._valuation.attribution_of(dict(who.read), fact, who.principal)
        key = (found.tenant, found.rule, found.conflict, (*found.dimensions.items(),))
        number = self._known.setdefault(key, len(self.attributions))
        if number == len(self.attributions):
            self.attributions.append(found)
            self.tariff_of.append(self._tariff_number(found.tenant))
        return number

    def _tariff_number(self, tenant: str | None) -> int:
        tariff = self._valuation.tariff_of(tenant)
        key = (id(tariff.book), id(tariff.contract))
        number = self._known.setdefault(key, len(self.tariffs))
        if number == len(self.tariffs):
            self.tariffs.append(tariff)
        return number


def _changes_of_facts(calls: Calls, whats: Iterable[What], valuation: Valuation) -> list[datetime]:
    found: set[datetime] = set()
    for what in whats:
        if profile_of(what):
            fact_at = partial(fact_for, what, valuation=valuation)
            found.update(facts_within(*calls.span(), fact_at))
    return sorted(found)


def _changes_of_prices(
    calls: Calls,
    whats: Iterable[What],
    cuts: Iterable[datetime],
    valuation: Valuation,
    tariffs: Iterable[Tariff],
) -> list[datetime]:
    first, last = calls.span()
    keys = {model_for(what, at, valuation).key for what in whats for at in (first, *cuts)}
    return changes_within(first, last, tariffs=tariffs, counting=valuation.book, models=keys)


def _segments(at: pa.Array, cuts: Iterable[datetime]) -> pa.Array | None:
    found: pa.Array | None = None
    for cut in cuts:
        moment = pa.scalar((cut - EPOCH) // _MICROSECOND, pa.int64())
        begun = pc.greater_equal(at, moment).cast(pa.int64())
        found = begun if found is None else pc.add(found, begun)
    return found
