"""Resolve profiles: from the ARN a call named to its models and tags, for both lanes.

The live lane wants an answer at once and may be wrong for a while; closing wants the answer that
was in force when the call was made, and never takes a failed look-up for a fact.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.profile import ProfileFact, fact_at, missing_profile, says_the_same
from bedrock_meter.profile_source import ProfileFacts, ProfileSource, ProfilesUnavailable

ASK_AGAIN_AFTER = timedelta(hours=1)
MISSING_FOR = timedelta(minutes=15)
UNAVAILABLE_FOR = timedelta(minutes=1)
MOST_REMEMBERED = 10_000


class _Remembered(NamedTuple):
    fact: ProfileFact
    until: datetime


class LiveProfiles:
    """The latest fact about each profile, as the live lane needs it; one per process.

    Tags are asked for again after an hour, so that a changed tag is noticed; an answer that
    differs is remembered for ever, one that found nothing for a quarter of an hour in this process
    alone. While Bedrock does not answer, the last known fact serves.
    """

    def __init__(self, source: ProfileSource, facts: ProfileFacts) -> None:
        self._source = source
        self._facts = facts
        self._remembered: dict[str, _Remembered] = {}

    def fact_for(self, arn: str, now: datetime) -> ProfileFact:
        """Give what is known of a profile now; `found` is False when nothing is."""
        remembered = self._remembered.get(arn)
        if remembered is None or remembered.until <= now:
            remembered = self._look_up(arn, now)
            if len(self._remembered) >= MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[arn] = remembered
        return remembered.fact

    def _look_up(self, arn: str, now: datetime) -> _Remembered:
        known = fact_at(self._facts.facts_of(arn), now)
        if known and now < known.asked_at + ASK_AGAIN_AFTER:
            return _Remembered(known, known.asked_at + ASK_AGAIN_AFTER)
        try:
            answer = self._source.ask(arn, now)
        except ProfilesUnavailable as error:
            missing = missing_profile(arn, now, str(error))
            return _Remembered(known or missing, now + UNAVAILABLE_FOR)
        if not answer.found:
            return _Remembered(known or answer, now + MISSING_FOR)
        if known is None or not says_the_same(known, answer):
            self._facts.remember(answer)
            known = answer
        return _Remembered(known, now + ASK_AGAIN_AFTER)


def known_profiles(
    arns: Iterable[str], *, source: ProfileSource, facts: ProfileFacts, now: datetime
) -> dict[str, tuple[ProfileFact, ...]]:
    """Give every fact about these profiles, for closing; look one up per call with `fact_at`.

    A profile nobody asked about yet is asked about now, and a good answer is remembered first, so
    that the next close of the hour sees the same. Profiles without any fact have an empty tuple.
    `ProfilesUnavailable` when Bedrock does not answer: closing must then wait, not guess.
    """
    return {arn: _all_known(arn, source, facts, now) for arn in sorted(set(arns))}


def _all_known(
    arn: str, source: ProfileSource, facts: ProfileFacts, now: datetime
) -> tuple[ProfileFact, ...]:
    known = facts.facts_of(arn)
    if known:
        return known
    answer = source.ask(arn, now)
    if not answer.found:
        return ()
    facts.remember(answer)
    return (answer,)
