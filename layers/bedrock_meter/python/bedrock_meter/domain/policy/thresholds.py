"""Thresholds of a signal, as a person writes them in a policy file."""

from bedrock_meter.domain.levels.level import Thresholds
from bedrock_meter.domain.policy.document import Section

LEVEL_WORDS = ("yellow", "orange", "red")
USUAL_SHARES = (50, 80, 100)
"""Percent of a limit at which yellow, orange and red begin when only the limit is written."""


def thresholds_of(
    section: Section, key: str, base: Thresholds, *, places: int, example: str
) -> Thresholds:
    """Read the thresholds under a key, in units of 10^-places; null switches the signal off.

    A level that is not written is as in the base, a level that is null is never reached.
    """
    if not section.has(key):
        return base
    if section.entries[key] is None:
        return Thresholds()
    below = section.section(key)
    below.only(*LEVEL_WORDS)
    thresholds = Thresholds(
        *(
            below.number(level, at, places, f"a number such as {example}")
            for level, at in zip(LEVEL_WORDS, base, strict=True)
        )
    )
    _complain_of_disorder(below, thresholds)
    return thresholds


def limit_thresholds_of(
    section: Section, key: str, base: Thresholds, *, places: int, example: str
) -> Thresholds:
    """Read thresholds, or one number alone: the limit, where red begins."""
    value = section.entries.get(key)
    if not isinstance(value, str):
        return thresholds_of(section, key, base, places=places, example=example)
    limit = section.number(key, None, places, f"a number such as {example}")
    if limit is None:
        return base
    if limit == 0:
        section.complain(key, "0 is always reached", "write a number above 0, or null for no limit")
    return Thresholds(*(-(-limit * share // 100) for share in USUAL_SHARES))


def _complain_of_disorder(section: Section, thresholds: Thresholds) -> None:
    given = {word: at for word, at in zip(LEVEL_WORDS, thresholds, strict=True) if at is not None}
    numbers = list(given.values())
    if numbers and numbers[0] == 0:
        section.complain(None, "0 is always reached", "write a number above 0, or null for never")
    elif numbers != sorted(set(numbers)):
        section.complain(None, f"{', '.join(given)} are out of order", "keep yellow < orange < red")
