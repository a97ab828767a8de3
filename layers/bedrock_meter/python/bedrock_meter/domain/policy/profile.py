"""Application inference profiles: what AWS said about one, and when it said so.

The id of such a profile is opaque: neither the model nor the tenant can be read from it. Profiles
can be deleted and their tags changed, so each answer is a dated fact that is never dropped.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from bedrock_meter.domain.pricing.model import GLOBAL, IN_REGION
from bedrock_meter.domain.pricing.region import geography_around, is_region, partition_of

# The service model allows an id of 64 characters; that of an application profile has 12.
_ARN = re.compile(
    r"arn:aws(?:-[a-z]{1,8}){0,2}:bedrock:[a-z0-9-]{1,20}:[0-9]{12}"
    r":application-inference-profile/[a-zA-Z0-9:.-]{1,64}"
)
_OPAQUE_ID = re.compile(r"[a-z0-9]{12}")


@dataclass(frozen=True, slots=True)
class ProfileFact:
    """What AWS answered about one application inference profile at one moment.

    `model_arns` are the foundation models behind it. `scope_hint` is the routing that their Regions
    suggest: `in_region`, `global`, a geography (one of `region.GEOGRAPHIES`), or None. `found` is
    False when only the ARN of the profile is known; `reason` is why.
    """

    arn: str
    model_arns: tuple[str, ...]
    scope_hint: str | None
    tags: Mapping[str, str]
    asked_at: datetime
    found: bool
    reason: str = field(default="", compare=False)


class Known(NamedTuple):
    """All answers about one profile.

    `facts` are the answers that found something, oldest first. `asked_at` is the time of the last
    answer of any kind, and `until` how long it holds: AWS is not asked again before. Both are None
    when it was never asked.
    """

    facts: tuple[ProfileFact, ...] = ()
    asked_at: datetime | None = None
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Return whether the last answer still holds."""
        return self.until is not None and now < self.until


def missing_profile(arn: str, asked_at: datetime, reason: str) -> ProfileFact:
    """Return a fact without content: only the ARN of the profile is known."""
    return ProfileFact(arn, (), None, {}, asked_at, found=False, reason=reason)


@lru_cache(maxsize=4096)
def profile_arn_for(model_id: str, *, account: str, region: str) -> str | None:
    """Return the ARN of the application inference profile in a model id; None for other ids.

    Converse logs the id as the caller passed it, which may be the opaque id alone. A caller may
    also pass up to 2,048 characters that only look like an ARN: those are not a profile.
    """
    if _OPAQUE_ID.fullmatch(model_id):
        owner = f"arn:{partition_of(region)}:bedrock:{region}:{account}"
        model_id = f"{owner}:application-inference-profile/{model_id}"
    return model_id if _ARN.fullmatch(model_id) else None


def may_name_profile(model_id: str) -> bool:
    """Return whether a model id names an application inference profile of any account."""
    return profile_arn_for(model_id, account="000000000000", region="-") is not None


def is_profile_of(arn: str, *, account: str, region: str) -> bool:
    """Return whether a profile belongs to an account and Region; empty matches any."""
    _, _, _, its_region, its_account, _ = arn.split(":", 5)
    return region in ("", its_region) and account in ("", its_account)


def fact_at(facts: Iterable[ProfileFact], at: datetime) -> ProfileFact | None:
    """Return the answer in force at a moment: the latest one by then.

    Before the first answer the first one counts: a profile's model never changes, and tags that
    were read late are better than none. Answers that found nothing are left out.
    """
    dated = sorted((fact for fact in facts if fact.found), key=lambda fact: fact.asked_at)
    given = [fact for fact in dated if fact.asked_at <= at]
    return next(iter(given[-1:] + dated), None)


def with_answer(known: Known, answer: ProfileFact, until: datetime) -> Known:
    """Add an answer that holds until a time to what is known.

    An answer that found nothing holds for that time, but is not a fact. One that equals the answer
    before it is not kept again, and of two of the same moment the first stays.
    """
    if known.asked_at is not None and known.asked_at > answer.asked_at:
        asked_at, until = known.asked_at, known.until or until
    else:
        asked_at = answer.asked_at
    return Known(_with_fact(known.facts, answer), asked_at, until)


def _with_fact(facts: tuple[ProfileFact, ...], answer: ProfileFact) -> tuple[ProfileFact, ...]:
    before = [fact for fact in facts if fact.asked_at <= answer.asked_at]
    if not answer.found or (before and before[-1].asked_at == answer.asked_at):
        return facts
    if before and says_the_same(before[-1], answer):
        return facts
    return (*before, answer, *facts[len(before) :])


def says_the_same(one: ProfileFact, other: ProfileFact) -> bool:
    """Return whether two answers about a profile differ in nothing but their time."""
    return one == replace(other, asked_at=one.asked_at)


def scope_hint_for(model_arns: Iterable[str]) -> str | None:
    """Return the routing that the Regions of a profile's models suggest.

    One Region means in-Region. A model ARN without a Region, or Regions of several continents,
    mean global. Otherwise it is the smallest geography around the Regions, or None.
    """
    regions = {arn.split(":")[3] for arn in model_arns if arn.count(":") >= 5}
    if not regions:
        return None
    if "" in regions:
        return GLOBAL
    if len(regions) == 1:
        return IN_REGION
    continents = {region.partition("-")[0] for region in regions}
    is_global = len(continents) > 1 and all(map(is_region, regions))
    return geography_around(regions) or (GLOBAL if is_global else None)
