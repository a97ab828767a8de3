"""A rate card: the rates that hold for one model, scope, Region and service tier at one time.

A rate card is looked up once, which takes time, and then prices record after record. Its prices
are linear in the quantities, so the cost of a sum is the sum of the costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from bedrock_meter.domain.pricing.rate import Rate
from bedrock_meter.domain.pricing.resolution import area_of, depends_on_shape, fits
from bedrock_meter.domain.records.usage import (
    KINDS,
    Qualifiers,
    Usage,
    context_of,
    kind_of,
    qualifiers_of,
)
from bedrock_meter.domain.time.hours import in_force

LOW, HIGH = 0, 1
AMBIGUOUS = "ambiguous_rate"


class FoundRate(NamedTuple):
    """A rate that holds here, how closely it names the Region, and what that assumes."""

    rate: Rate
    closeness: int
    assumption: str | None = None
    overlaid: bool = False  # By the operator; such a rate wins over a shipped one.


class Term(NamedTuple):
    """What one unit of a kind costs: attodollars, and where the figure comes from."""

    kind: str
    atto: int
    usd: str
    per: int
    rate_id: str
    assumptions: tuple[str, ...] = ()
    list_atto: int | None = None  # At list; None when only a contract names a rate.


class RateCard:
    """Prices usage. Valid from `since` (inclusive) to `until` (exclusive); None = no bound.

    `threshold`: a call with more input tokens than this, cached ones included, is priced whole at
    the high band; None when the model has one band. `terms` are those looked up so far, by band
    and usage key, `assumed` what those assume.
    """

    __slots__ = (
        "_atto",
        "_found",
        "_terms",
        "_why",
        "_without",
        "assumed",
        "since",
        "terms",
        "threshold",
        "until",
    )

    def __init__(
        self,
        found: Iterable[FoundRate],
        since: datetime | None,
        until: datetime | None,
        why: Callable[[str], str],
    ) -> None:
        self.since = since
        self.until = until
        self._found: dict[str, list[FoundRate]] = {}
        for one in found:
            self._found.setdefault(one.rate.kind, []).append(one)
        thresholds = self._thresholds()
        self.threshold = thresholds[0] if len(thresholds) == 1 else None
        if len(thresholds) > 1:  # Then it is not clear which band a call is in.
            why = _always(AMBIGUOUS)
            self._found.clear()
        self._why = why
        self._terms: tuple[dict[str, Term], dict[str, Term]] = ({}, {})
        self.terms = tuple(map(MappingProxyType, self._terms))
        self.assumed: tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]] = ({}, {})
        self._atto: tuple[dict[str, int], dict[str, int]] = ({}, {})
        self._without: tuple[set[str], set[str]] = (set(), set())

    def _thresholds(self) -> list[int]:
        rates = (one.rate for many in self._found.values() for one in many)
        return sorted({rate.band.threshold for rate in rates if rate.band})

    def holds(self, at: datetime) -> bool:
        """Return whether the rate card is valid at a time."""
        return in_force(at, self.since, self.until)

    def band_for(self, usage: Usage, context: int | None = None) -> int:
        """Return the band of one call: HIGH when its input is strictly above the threshold.

        Only a single call has a band, a sum of calls has none. `context` is the input that counts
        when it is not that of the usage.
        """
        if self.threshold is None:
            return LOW
        return HIGH if (context_of(usage) if context is None else context) > self.threshold else LOW

    def cost_of(self, usage: Usage, band: int) -> tuple[int, dict[str, int]]:
        """Return attodollars of what has a rate, and the quantities by kind of what has none.

        The usage may be the sum of that of calls in one band: cost is linear in usage.
        """
        known = self._atto[band]
        cost = 0
        unpriced: dict[str, int] = {}
        for key, quantity in usage.items():
            atto = known.get(key)
            if atto is None:
                if not quantity:
                    continue
                if (term := self.term_for(key, band)) is None:
                    unpriced[key] = quantity
                    continue
                atto = term.atto
            cost += quantity * atto
        return cost, unpriced

    def term_for(self, key: str, band: int) -> Term | None:
        """Return what a unit of a usage key costs; None when it has no rate, or more than one."""
        known = self._terms[band]
        term = known.get(key)
        if term is None and key not in self._without[band]:
            if (term := self._term(key, band)) is not None:
                known[key] = term
                if term.assumptions:
                    self.assumed[band][key] = term.assumptions
                self._atto[band][key] = term.atto
            elif key in KINDS:  # Keys with qualifiers come from records: there is no limit to them.
                self._without[band].add(key)
        return term

    def reason_for(self, key: str, band: int) -> str:
        """Return why a usage key has no rate here: one of the reason codes of the glossary."""
        survivors = self._survivors(key, band)
        return AMBIGUOUS if len(survivors) > 1 else self._why(kind_of(key))

    def rates_for(self, key: str, band: int) -> list[Rate]:
        """Return the rates that the look-up of a usage key leaves; one if it is priced."""
        return [one.rate for one in self._survivors(key, band)]

    def kinds(self) -> list[str]:
        """Return the kinds with any rate on this rate card, sorted."""
        return sorted(self._found)

    def _term(self, key: str, band: int) -> Term | None:
        survivors = self._survivors(key, band)
        if len(survivors) != 1:
            return None
        rate, _, assumption, _ = survivors[0]
        assumed = [assumption] if assumption else []
        if not rate.billed:  # Only because the operator accepted it.
            assumed.append("rate_not_confirmed")
        if self._by_shape(key):
            assumed.append("image_band_by_longer_side")
        return Term(rate.kind, rate.atto, rate.usd, rate.per, rate.id, tuple(assumed), rate.atto)

    def _by_shape(self, key: str) -> bool:
        resolution = qualifiers_of(key).resolution
        found = self._found.get(kind_of(key), ())
        return any(depends_on_shape(one.rate.resolution, resolution) for one in found)

    def _survivors(self, key: str, band: int) -> list[FoundRate]:
        """Narrow down the rates of a kind: by qualifiers, band, place, size, date and overlay."""
        wanted = qualifiers_of(key)
        found = [
            one
            for one in self._found.get(kind_of(key), ())
            if _covers(one.rate, wanted) and _in_band(one.rate, band)
        ]
        found = _best(found, lambda one: one.closeness)
        found = _best(found, lambda one: int(one.rate.band is not None))
        found = _best(found, lambda one: -area_of(one.rate.resolution))
        return _best(_not_superseded(found), lambda one: one.overlaid)


class ContractedRateCard(RateCard):
    """A rate card as a contract changes it."""

    __slots__ = ("_change", "_list")

    def __init__(
        self, rate_card: RateCard, change: Callable[[str, Term | None], Term | None]
    ) -> None:
        super().__init__((), rate_card.since, rate_card.until, rate_card._why)
        self.threshold = rate_card.threshold
        self._list = rate_card
        self._change = change

    def reason_for(self, key: str, band: int) -> str:
        """Return why neither the contract nor the list has a rate."""
        return self._list.reason_for(key, band)

    def _term(self, key: str, band: int) -> Term | None:
        return self._change(kind_of(key), self._list.term_for(key, band))


def _covers(rate: Rate, wanted: Qualifiers) -> bool:
    if rate.quality and rate.quality != wanted.quality:
        return False
    return not rate.resolution or fits(rate.resolution, wanted.resolution)


def _in_band(rate: Rate, band: int) -> bool:
    return rate.band is None or rate.band.above == (band == HIGH)


def _best(found: list[FoundRate], rank: Callable[[FoundRate], int]) -> list[FoundRate]:
    if len(found) < 2:
        return found
    best = max(map(rank, found))
    return [one for one in found if rank(one) == best]


def _not_superseded(found: list[FoundRate]) -> list[FoundRate]:
    """Drop rates without an end if a later one has begun."""
    if len(found) < 2:
        return found
    dated = [one.rate.since for one in found if one.rate.since]
    latest = max(dated) if dated else None
    return [one for one in found if one.rate.until or one.rate.since == latest]


def _always(reason: str) -> Callable[[str], str]:
    return lambda _kind: reason
