"""Readings: what a signal says about a tenant now, and until when it would say so without news."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from bedrock_meter.domain.levels.level import NO_THRESHOLDS, Level, Thresholds
from bedrock_meter.domain.pricing.money import shown, usd_of


class Reading(NamedTuple):
    """One signal's word on one tenant.

    `level` is what the value reaches, `holds` what it would still hold within the margin; `holds`
    is never below `level`. `value` and `limit` are in the signal's own unit, `limit` is the
    threshold of `holds`. `held_at` is the last moment of evidence, `ends_at` the time until which
    the reason stays true without news. `fades`: when it ends, milder flags follow until the dwell
    is over (rates); otherwise it ends at once (a budget period that is over). `limits` are the
    thresholds of all levels while a reading is assessed; a state does not keep them. `margin` is in
    percent of the threshold.
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
        """Take away what the margin may not hold: a level that this signal did not raise.

        `before` is the highest level that the signal reached or held in the last assessment.
        """
        allowed = max(self.level, min(self.holds, before))
        limit = self.limit if allowed is self.holds else self.limits.at(allowed) or self.limit
        return self._replace(holds=allowed, limit=limit, limits=NO_THRESHOLDS)


def reading_for(
    signal: str,
    value: int,
    thresholds: Thresholds,
    margin: int,
    *,
    reason: Callable[[], str],
    held_at: datetime,
    ends_at: datetime,
    fades: bool,
) -> Reading | None:
    """Compare a value with its thresholds; None when it neither reaches nor holds a level."""
    holds = thresholds.held(value, margin)
    limit = thresholds.at(holds)
    if limit is None:
        return None
    level = thresholds.reached(value)
    return Reading(
        signal, level, holds, value, limit, reason(), held_at, ends_at, fades, thresholds, margin
    )


def reached(readings: Iterable[Reading]) -> Level:
    """Return the highest level that any signal reaches."""
    return max((reading.level for reading in readings), default=Level.GREEN)


def held(readings: Iterable[Reading]) -> Level:
    """Return the highest level that any signal still holds."""
    return max((reading.holds for reading in readings), default=Level.GREEN)


def strongest(readings: Iterable[Reading]) -> Reading | None:
    """Choose the reading that explains the level: highest, then the one that stays longest."""
    return max(readings, key=lambda r: (r.level, r.holds, r.ends_at, r.signal), default=None)


def dollars(atto: int) -> str:
    """Show attodollars to a person: two places, more for amounts below a dollar."""
    amount = usd_of(atto)
    places = 2 if abs(amount) >= Decimal(1) or not amount else 4
    return f"{shown(amount, places)} USD"


def times(per_mille: int) -> str:
    """Show a ratio in thousandths as `12.3 ×`."""
    return f"{per_mille // 1000}.{per_mille % 1000 // 100} ×"


def percent(per_mille: int) -> str:
    """Show thousandths as a percentage with at most one place."""
    whole, tenth = divmod(per_mille, 10)
    return f"{whole}.{tenth} %" if tenth else f"{whole} %"
