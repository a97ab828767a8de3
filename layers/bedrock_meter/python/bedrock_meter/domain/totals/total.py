"""Totals: what a tenant used in a closed hour, and the sums that follow from it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

from bedrock_meter.domain.records.use import Use, use_of
from bedrock_meter.domain.time.hours import Day, Hour

MOST_MODELS = 100
OTHER_MODELS = "(other models)"


class ModelUse(NamedTuple):
    """What one model contributed: requests, tokens of all kinds, attodollars."""

    requests: int = 0
    tokens: int = 0
    cost: int = 0


@dataclass(frozen=True, slots=True)
class Total:
    """Everything known about one tenant in one period; sums, stores and audits go by its fields.

    `cost` is in attodollars: the sum of what could be priced; `list_cost` what the public list asks
    for the same, without any tenant's contract, as far as the list has rates. `unpriced` holds
    quantities by kind that have no rate, from `unpriced_requests` calls. `rules` counts calls by
    the rule that named the tenant, `conflicts` those whose sources disagreed. Latencies are in
    milliseconds, of the `timed` calls that carry one. A later field stands last and has a default.
    """

    requests: int = 0
    errors: int = 0
    cost: int = 0
    unpriced_requests: int = 0
    conflicts: int = 0
    timed: int = 0
    latency_ms: int = 0
    usage: Mapping[str, int] = field(default_factory=dict)
    unpriced: Mapping[str, int] = field(default_factory=dict)
    models: Mapping[str, ModelUse] = field(default_factory=dict)
    rules: Mapping[str, int] = field(default_factory=dict)
    list_cost: int = 0

    def use(self) -> Use:
        """Return the numbers that live totals have too."""
        one = self
        return use_of(
            one.requests, one.errors, one.usage, one.cost, one.unpriced_requests, one.unpriced
        )

    def plus(self, other: "Total") -> "Total":
        """Add two totals."""
        return total_of((self, other))

    def shortened(self) -> "Total":
        """Keep the models that cost most, so that the item stays small whatever is logged."""
        if len(self.models) <= MOST_MODELS:
            return self
        ranked = sorted(self.models, key=lambda model: (-self.models[model].cost, model))
        kept = {model: self.models[model] for model in ranked[: MOST_MODELS - 1]}
        rest = _sum([self.models[model] for model in ranked[MOST_MODELS - 1 :]])
        return replace(self, models={**kept, OTHER_MODELS: rest})


EMPTY = Total()


def total_of(totals: Iterable[Total]) -> Total:
    """Add any number of totals, field by field."""
    several = list(totals) or [EMPTY]
    names = [one.name for one in fields(several[0])]
    return replace(
        several[0], **{name: _sum([getattr(one, name) for one in several]) for name in names}
    )


def _sum(values: Sequence[Any]) -> Any:
    """Add numbers, rows of numbers, or what mappings hold under the same name."""
    first = values[0]
    if isinstance(first, int):
        return sum(values)
    if isinstance(first, ModelUse):
        return ModelUse(*map(sum, zip(*values, strict=True)))
    parts: dict[str, list[Any]] = {}
    for value in values:
        for name, part in value.items():
            parts.setdefault(name, []).append(part)
    return {name: _sum(some) for name, some in parts.items()}


class HourTotal(NamedTuple):
    """A closed hour of one tenant, with the epoch of the close that wrote it."""

    hour: Hour
    epoch: int
    total: Total


class DayTotal(NamedTuple):
    """A day of one tenant: the sum of its closed hours, and which hours those are.

    Bit n of `mask` stands for hour n: a reader knows what the sum contains.
    """

    day: Day
    version: int
    mask: int
    total: Total

    def says_the_same(self, other: "DayTotal") -> bool:
        """Return whether another day is the same sum of the same hours."""
        return self._replace(version=other.version) == other


class MonthTotal(NamedTuple):
    """A month of one tenant: the sum of its days, the mask and the version of each day in it."""

    month: str
    version: int
    masks: Mapping[Day, int]
    total: Total
    days: Mapping[Day, int]

    def says_the_same(self, other: "MonthTotal") -> bool:
        """Return whether another month is the sum of the same versions of the same days."""
        return self._replace(version=other.version) == other


def day_total_for(day: Day, version: int, hours: Iterable[HourTotal]) -> DayTotal:
    """Add the closed hours of a day."""
    hours = list(hours)
    mask = sum(1 << int(hour.hour[11:13]) for hour in hours)
    return DayTotal(day, version, mask, total_of(hour.total for hour in hours).shortened())


def month_total_for(month: str, version: int, days: Iterable[DayTotal]) -> MonthTotal:
    """Add the days of a month."""
    days = list(days)
    masks = {day.day: day.mask for day in days}
    total = total_of(day.total for day in days).shortened()
    return MonthTotal(month, version, masks, total, {day.day: day.version for day in days})


def holds_hour(mask: int, hour: Hour) -> bool:
    """Return whether a day's mask names an hour."""
    return bool(mask >> int(hour[11:13]) & 1)
