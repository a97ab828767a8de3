"""Readings: what a signal found for a tenant, and how long that stays true without new data."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from bedrock_meter.domain.levels.level import NO_THRESHOLDS, Level, Thresholds
from bedrock_meter.domain.pricing.money import shown, usd_of


class Reading(NamedTuple):
    """What one signal found for one tenant.

    `level` is what the value reaches, `holds` what it would still hold within the margin; `holds`
    is never below `level`. `value` and `limit` are in the signal's own unit, `limit` is the
    threshold of `holds`. `held_at` is the last moment of evidence, `ends_at` the end of the reason
    if no new data arrives. `fades`: when it ends, milder flags follow until the dwell is over
    (rates); otherwise it ends at once (the end of a budget period). `limits` are the thresholds of
    all levels during an assessment; they are not stored. `margin` is in percent of the threshold.
    """

    signal: str
    level: Level
    holds: Level
    value: int
    limit: int
    reason: str
    held_at: datetime
    ends_at: datetime
    fades: bool
    limits: Thresholds = NO_THRESHOLDS
    margin: int = 0

    def assessed_after(self, before: Level) -> "Reading":
        """Return the reading without a level that only the margin holds and another signal raised.

        `before` is the highest level that the signal reached or held in the last assessment.
        """
        allowed = max(self.level, min(self.holds, before))
        limit = self.limit if allowed is self.holds else self.limits.at(allowed) or self.limit
        return self._replace(holds=allowed, limit=limit, limits=NO_THRESHOLDS)


def readings_at(
    signal: str,
    value: int,
    thresholds: Thresholds,
    margin: int,
    *,
    reason: Callable[[], str],
    held_at: datetime,
    ends_at: datetime,
    fades: bool,
) -> Iterator[Reading]:
    """Yield the reading of a value that reaches or holds a level; nothing for any other value."""
    holds = thresholds.held(value, margin)
    limit = thresholds.at(holds)
    if limit is not None:
        level = thresholds.reached(value)
        why = reason()
        yield Reading(
            signal, level, holds, value, limit, why, held_at, ends_at, fades, thresholds, margin
        )


def reached(readings: Iterable[Reading]) -> Level:
    """Return the highest level that any signal reaches."""
    return max((reading.level for reading in readings), default=Level.GREEN)


def held(readings: Iterable[Reading]) -> Level:
    """Return the highest level that any signal still holds."""
    return max((reading.holds for reading in readings), default=Level.GREEN)


def strongest(readings: Iterable[Reading]) -> Reading | None:
    """Return the reading that explains the level: the highest, then the one that lasts longest."""
    return max(readings, key=lambda r: (r.level, r.holds, r.ends_at, r.signal), default=None)


def dollars(atto: int) -> str:
    """Format attodollars for people: two decimals, four for amounts below a dollar."""
    amount = usd_of(atto)
    places = 2 if abs(amount) >= Decimal(1) or not amount else 4
    return f"{shown(amount, places)} USD"


def times(per_mille: int) -> str:
    """Format thousandths as `12.3 ×`."""
    return f"{per_mille // 1000}.{per_mille % 1000 // 100} ×"


def percent(per_mille: int) -> str:
    """Format thousandths as a percentage with at most one decimal."""
    whole, tenth = divmod(per_mille, 10)
    return f"{whole}.{tenth} %" if tenth else f"{whole} %"
