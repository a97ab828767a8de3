"""Models as one pass over a log object knows them: how to read their usage, what prices it."""

from collections.abc import Hashable
from datetime import datetime

from bedrock_meter.domain.model import ModelRef, model_of
from bedrock_meter.domain.profile import ProfileFact
from bedrock_meter.domain.sheet import HIGH, LOW
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.logs.callers import Callers, forget_if_full
from bedrock_meter.logs.evidence import STANDARD, Source
from bedrock_meter.logs.mend import BAD_FIELD, UnmeterableLine
from bedrock_meter.logs.records import Record
from bedrock_meter.logs.rows import Priced
from bedrock_meter.logs.shapes import TOKENS, Shape, shape_of

type ModelKey = tuple[str, str | None, str | None]
"""Model id, Region and operation, as logged."""


class Models:
    """The models of one hour; profile facts and thresholds may be others in the next."""

    def __init__(self, at: datetime, valuation: Valuation, callers: Callers) -> None:
        self.known: dict[ModelKey, KnownModel] = {}
        self._at = at
        self._valuation = valuation
        self._callers = callers
        self._prices: dict[tuple[ModelRef, str, str, int], Priced] = {}

    def look_up(self, record: Record, source: Source) -> "KnownModel":
        """Find out about the model of a record; `UnmeterableLine` when it names none."""
        region = record.region or source.region
        if not region:
            raise UnmeterableLine(BAD_FIELD, "region is missing")
        if not record.modelId:
            raise UnmeterableLine(BAD_FIELD, "modelId is missing")
        account = record.accountId or source.account
        fact = self._valuation.fact_for(record.modelId, account, region, self._at)
        found = KnownModel(
            self,
            model_of(record.modelId, fact),
            region,
            shape=shape_of(record.modelId, record.operation or ""),
            fact=fact,
            tenants=self._callers.tenants if fact is None else {},
        )
        # The Region and the account behind an absent one are those of the log object.
        forget_if_full(self.known)
        self.known[record.modelId, record.region, record.operation] = found
        return found

    def threshold_of(self, model: ModelRef, region: str, tier: str) -> int | None:
        """Give the input tokens above which a call is in the high band."""
        return self._valuation.book.sheet_for(model, region, tier, self._at).threshold

    def priced(self, model: ModelRef, region: str, tier: str, band: int) -> Priced:
        """Give the one object that stands for a price, whatever operations share it."""
        key = (model, region, tier, band)
        priced = self._prices.get(key)
        if priced is None:
            forget_if_full(self._prices)
            priced = self._prices[key] = Priced(model, region, tier, band)
        return priced


class KnownModel:
    """One model id in one Region, under one operation, at one service tier.

    Calls with more input than `threshold` are `high`. `tenants` are the names recognised so far:
    one memory for all models, but for a profile, whose tags speak too, one of its own.
    """

    __slots__ = (
        "_models", "_tiers", "fact", "high", "is_plain", "low", "model", "region", "shape",
        "tenants", "threshold",
    )  # fmt: skip

    def __init__(
        self,
        models: Models,
        model: ModelRef,
        region: str,
        *,
        shape: Shape,
        fact: ProfileFact | None,
        tenants: dict[Hashable, str | None],
        tier: str = STANDARD,
    ) -> None:
        self.model = model
        self.region = region
        self.shape = shape
        self.fact = fact
        self.tenants = tenants
        self.is_plain = shape.kind == TOKENS
        self.threshold = models.threshold_of(model, region, tier)
        self.low = models.priced(model, region, tier, LOW)
        self.high = models.priced(model, region, tier, HIGH)
        self._models = models
        self._tiers = {tier: self}

    def at_tier(self, tier: str) -> "KnownModel":
        """The same model as served at another service tier."""
        known = self._tiers.get(tier)
        if known is None:
            forget_if_full(self._tiers)
            known = self._tiers[tier] = KnownModel(
                self._models,
                self.model,
                self.region,
                shape=self.shape,
                fact=self.fact,
                tenants=self.tenants,
                tier=tier,
            )
        return known
