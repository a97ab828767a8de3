"""Application inference profiles: what AWS said about one, and when it said so.

The id of such a profile is opaque: neither the model nor the tenant can be read from it. Profiles
can be deleted and their tags changed, so each answer is a dated fact, kept for ever.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

IN_REGION = "in_region"
GLOBAL = "global"

_ARN = re.compile(r"arn:[a-z-]+:bedrock:[a-z0-9-]+:\d{12}:application-inference-profile/.+", re.S)
_OPAQUE_ID = re.compile(r"[a-z0-9]{12}")
_JAPAN = frozenset({"ap-northeast-1", "ap-northeast-3"})
_AUSTRALIA = frozenset({"ap-southeast-2", "ap-southeast-4"})


@dataclass(frozen=True, slots=True)
class ProfileFact:
    """What AWS answered about one application inference profile at one moment.

    `model_arns` are the foundation models it leads to. `scope_hint` is what their Regions tell of
    the routing: `in_region`, `global`, a geography as in the prefix of a system profile (`us`,
    `eu`, `apac`, `jp`, `au`, `us-gov`), or None when they tell nothing. `found` is False when AWS
    knows no such profile or does not let us ask; `reason` then says which.
    """

    arn: str
    model_arns: tuple[str, ...]
    scope_hint: str | None
    tags: Mapping[str, str]
    asked_at: datetime
    found: bool
    reason: str = field(default="", compare=False)


def missing_profile(arn: str, asked_at: datetime, reason: str) -> ProfileFact:
    """State that AWS gave no answer about a profile."""
    return ProfileFact(arn, (), None, {}, asked_at, found=False, reason=reason)


def profile_arn_for(model_id: str, *, account: str, region: str) -> str | None:
    """Give the ARN of the application inference profile a model id names; None for other ids.

    Converse logs the id as the caller passed it, which may be the opaque id alone.
    """
    if _ARN.fullmatch(model_id):
        return model_id
    if _OPAQUE_ID.fullmatch(model_id) and account and region:
        owner = f"arn:{_partition_of(region)}:bedrock:{region}:{account}"
        return f"{owner}:application-inference-profile/{model_id}"
    return None


def _partition_of(region: str) -> str:
    if region.startswith("us-gov-"):
        return "aws-us-gov"
    return "aws-cn" if region.startswith("cn-") else "aws"


def fact_at(facts: Iterable[ProfileFact], at: datetime) -> ProfileFact | None:
    """Choose the answer that was in force at a moment: the latest one given by then.

    Before the first answer the first one counts: a profile's model never changes, and tags that
    were read late are better than none. Answers that found nothing are no facts and are left out.
    """
    dated = sorted((fact for fact in facts if fact.found), key=lambda fact: fact.asked_at)
    given = [fact for fact in dated if fact.asked_at <= at]
    if given:
        return given[-1]
    return dated[0] if dated else None


def says_the_same(one: ProfileFact, other: ProfileFact) -> bool:
    """Tell whether two answers about a profile differ in nothing but their time."""
    return (one.arn, one.found, one.model_arns, one.scope_hint, dict(one.tags)) == (
        other.arn,
        other.found,
        other.model_arns,
        other.scope_hint,
        dict(other.tags),
    )


def scope_hint_for(model_arns: Iterable[str]) -> str | None:
    """Read the routing from the Regions of a profile's models.

    One Region means in-Region. A model ARN without a Region, or Regions of several continents,
    mean global. Otherwise the Regions share a geography, which is named.
    """
    regions = {arn.split(":")[3] for arn in model_arns if arn.count(":") >= 5}
    if not regions:
        return None
    if "" in regions:
        return GLOBAL
    if len(regions) == 1:
        return IN_REGION
    return _geography_of(regions)


def _geography_of(regions: set[str]) -> str | None:
    if all(region.startswith("us-gov-") for region in regions):
        return "us-gov"
    if regions <= _JAPAN:
        return "jp"
    if regions <= _AUSTRALIA:
        return "au"
    continents = {_CONTINENTS.get(region.split("-")[0]) for region in regions}
    return continents.pop() if len(continents) == 1 else GLOBAL


# The `us` profiles of Canadian callers lead to Canada too, the `eu` ones of Israel to Israel.
_CONTINENTS = {"us": "us", "ca": "us", "eu": "eu", "il": "eu", "ap": "apac"}
