"""Sums in the making: every model's rows by caller, slot by slot.

Rates are those in force when a slot begins. A rate that changes in the middle of a slot is the
business of closing, which prices every call by its own time; the live total follows with the next
slot.
"""

from collections.abc import Collection, Hashable, Iterator
from datetime import datetime
from typing import NamedTuple

from msgspec import Struct

from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.pricing.input_count import Counted
from bedrock_meter.domain.pricing.model import ModelRef, model_of
from bedrock_meter.domain.pricing.rate_card import HIGH
from bedrock_meter.domain.records.memory import forget_if_full
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.records.usage import Usage
from bedrock_meter.domain.totals.partial import PartialRow
from bedrock_meter.domain.totals.valuation import Tariff, Valuation
from bedrock_meter.logs.callers import UNKNOWN, Callers, Keys
from bedrock_meter.logs.evidence import Source, check_place
from bedrock_meter.logs.records import Record
from bedrock_meter.logs.rows import Rates, Row, totals_of
from bedrock_meter.logs.shapes import TOKENS, Shape, shape_of
from bedrock_meter.logs.tiers import STANDARD

type ModelKey = tuple[str, str | None, str | None]
"""Model id, operation and Region, as logged."""


class MeteringContext(NamedTuple):
    """What one pass over a log object goes by."""

    source: Source
    valuation: Valuation
    callers: Callers


class ModelPlace(NamedTuple):
    """A model, the Region it was called in, and the service tier that served it."""

    model: ModelRef
    region: str
    tier: str


class ModelSums:
    """One model in one Region at one service tier, in one slot: its rows by caller.

    Calls with more input than `threshold` belong to `high`.
    """

    __slots__ = (
        "_at", "_given", "_rates", "_tenants", "_tier", "fact", "high", "low", "model", "region",
        "threshold",
    )  # fmt: skip

    def __init__(
        self,
        given: MeteringContext,
        at: datetime,
        place: ModelPlace,
        fact: ProfileFact | None,
    ) -> None:
        self._given = given
        self._at = at
        self.model, self.region, self._tier = place.model, place.region, place.tier
        self.fact = fact
        # A name means another tenant where the call names a profile as well.
        self._tenants = given.callers.tenants if fact is None else None
        self.threshold = given.valuation.book.rate_card_for(*place, at).threshold
        self.low: dict[Hashable, Row] = {}
        self.high: dict[Hashable, Row] = {}
        self._rates: tuple[dict[int, Rates], ...] = ({}, {})

    def begin(self, record: Record, keys: Keys, name: Hashable, band: int) -> Row:
        """Begin the row of a caller in a band."""
        tenant = UNKNOWN if self._tenants is None else self._tenants.get(name, UNKNOWN)
        if tenant == UNKNOWN:
            tenant = self._given.callers.tenant_of(record, keys, name, self.fact)
        tariff = self._given.valuation.tariff_of(tenant)
        rates = self._rates[band].get(id(tariff)) or self._rates_of(tenant, tariff, band)
        row = Row(tenant=tenant, rates=rates, lacks=rates.lacks)
        (self.high if band == HIGH else self.low)[name] = row
        return row

    def _rates_of(self, tenant: Tenant, tariff: Tariff, band: int) -> Rates:
        rate_card = self._given.valuation.rate_card_for(
            self.model, self.region, self._tier, self._at, tenant
        )
        rates = self._rates[band][id(tariff)] = Rates(rate_card, band, self.model, tariff)
        return rates


class KnownModel(Struct):
    """What the model id and operation of a record stand for in one slot.

    `low`, `high` and `threshold` are those of the sums: one step less to reach them. `is_plain`:
    billed by tokens, which count as documented.
    """

    shape: Shape
    sums: ModelSums
    low: dict[Hashable, Row]
    high: dict[Hashable, Row]
    threshold: int | None
    is_plain: bool
    may_search: bool


class SlotSums:
    """All sums of one slot. `known` remembers models by id, operation and Region as logged."""

    def __init__(self, given: MeteringContext, at: datetime) -> None:
        self.known: dict[ModelKey, KnownModel] = {}
        self._given = given
        self._at = at
        self._sums: dict[tuple[ModelPlace, Hashable], ModelSums] = {}

    def forget(self, model_ids: Collection[str]) -> None:
        """Look up models anew: more is known of them than when a failed call named them."""
        for key in [key for key in self.known if key[0] in model_ids]:
            del self.known[key]

    def look_up(self, record: Record) -> KnownModel:
        """Find out about the model of a record; `UnmeterableLine` when it names none."""
        valuation, named = self._given.valuation, self._given.source.named_by(record)
        check_place(named)
        fact = valuation.fact_for(named, self._at)
        operation = record.operation or ""
        shape = shape_of(record.modelId, operation)
        place = ModelPlace(model_of(record.modelId, fact), named.region, STANDARD)
        sums = self.sums_of(place, fact)
        forget_if_full(self.known)
        meaning = valuation.book.input_count_of(sums.model.key, operation, self._at)
        known = KnownModel(
            shape,
            sums,
            low=sums.low,
            high=sums.high,
            threshold=sums.threshold,
            is_plain=shape.kind == TOKENS and meaning is None,
            may_search=shape.may_search,
        )
        self.known[record.modelId, record.operation, record.region] = known
        return known

    def sums_of_call(self, known: KnownModel, tier: str, answered: str | None) -> ModelSums:
        """Return the sums of a call: at its tier, and of the model that its router chose."""
        sums = known.sums
        model = (
            model_of(sums.model.text, sums.fact, answered) if known.shape.is_router else sums.model
        )
        if tier == STANDARD and model == sums.model:
            return sums
        return self.sums_of(ModelPlace(model, sums.region, tier), sums.fact)

    def counted(self, usage: Usage, sums: ModelSums, operation: str) -> Counted:
        """Return the usage of a call as it is charged."""
        return self._given.valuation.counted(usage, sums.model, operation, self._at)

    def sums_of(self, place: ModelPlace, fact: ProfileFact | None) -> ModelSums:
        """Return the sums of a model, Region and service tier, whatever operations share them."""
        key = place, (fact.arn, fact.asked_at if fact.found else None) if fact else None
        sums = self._sums.get(key)
        if sums is None:
            sums = self._sums[key] = ModelSums(self._given, self._at, place, fact)
        return sums

    def rows(self) -> Iterator[PartialRow]:
        """Return one row for each tenant and model, model by model, in the order of first calls."""
        by_model: dict[str, list[Row]] = {}
        for sums in self._sums.values():
            by_model.setdefault(sums.model.text, []).extend(
                (*sums.low.values(), *sums.high.values())
            )
        for model, rows in by_model.items():
            yield from totals_of(rows, model)
