"""Levels from green to red, and the thresholds at which a number reaches them."""

from enum import IntEnum
from typing import NamedTuple


class Level(IntEnum):
    """How much attention a tenant needs; ordered, so the highest of several is `max`."""

    GREEN = 0
    YELLOW = 1
    ORANGE = 2
    RED = 3

    @property
    def word(self) -> str:
        """The level as people and items spell it."""
        return self.name.lower()

    def below(self) -> "Level":
        """Return the next milder level; green stays green."""
        return Level(max(self - 1, Level.GREEN))


def level_named(word: str) -> Level:
    """Return the level of a word such as `orange`; ValueError for any other word."""
    try:
        return Level[word.upper()]
    except KeyError:
        raise ValueError(f"{word!r} is not a level: green, yellow, orange or red") from None


class Thresholds(NamedTuple):
    """The value from which each level is reached, in the unit of its signal; None: never."""

    yellow: int | None = None
    orange: int | None = None
    red: int | None = None

    def at(self, level: Level) -> int | None:
        """Return the threshold of a level; None for green and for levels that are never reached."""
        return None if level is Level.GREEN else self[level - 1]

    def reached(self, value: int) -> Level:
        """Return the highest level whose threshold the value has reached."""
        return self._highest(value * 100, 100)

    def held(self, value: int, margin: int) -> Level:
        """Return the highest level that a value would hold if the tenant were at it already.

        `margin` is in percent of the threshold: with 10, a threshold of 50 is held down to 45.
        """
        return self._highest(value * 100, 100 - margin)

    def times(self, factor: int) -> "Thresholds":
        """Multiply every threshold, to compare without a division."""
        return Thresholds(
            *(None if threshold is None else threshold * factor for threshold in self)
        )

    def _highest(self, value: int, percent: int) -> Level:
        yellow, orange, red = self
        if red is not None and value >= red * percent:
            return Level.RED
        if orange is not None and value >= orange * percent:
            return Level.ORANGE
        if yellow is not None and value >= yellow * percent:
            return Level.YELLOW
        return Level.GREEN


NO_THRESHOLDS = Thresholds()
