"""Profiles without AWS: answers given beforehand, and a memory in a dictionary."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bedrock_meter.domain.policy.profile import (
    Known,
    ProfileFact,
    is_profile_of,
    missing_profile,
    scope_hint_for,
    with_answer,
)
from bedrock_meter.ports.profiles import ProfileRefused, ProfilesUnavailable


@dataclass
class MemoryProfiles:
    """`ProfileSource` that knows the profiles it was given; `asked` lists every question.

    Without `account` and `region` every profile is ours.
    """

    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unavailable: bool = False
    refused: Collection[str] = ()
    account: str = ""
    region: str = ""
    asked: list[str] = field(default_factory=list)

    def is_ours(self, arn: str) -> bool:
        return is_profile_of(arn, account=self.account, region=self.region)

    def ask(self, arn: str, at: datetime) -> ProfileFact:
        self.asked.append(arn)
        if self.unavailable:
            raise ProfilesUnavailable("the source is set not to answer")
        if arn in self.refused:
            raise ProfileRefused("the source is set to refuse this one")
        if arn not in self.models:
            return missing_profile(arn, at, "no such profile")
        models, tags = self.models[arn], dict(self.tags.get(arn, {}))
        return ProfileFact(arn, models, scope_hint_for(models), tags, at, found=True)


@dataclass
class MemoryProfileFacts:
    """`ProfileFacts` in dictionaries; `reads` lists what was read together."""

    kept: dict[tuple[str, datetime], ProfileFact] = field(default_factory=dict)
    answered: dict[str, Known] = field(default_factory=dict)
    reads: list[tuple[str, ...]] = field(default_factory=list)

    def read(self, arns: Collection[str], since: datetime) -> dict[str, Known]:
        self.reads.append(tuple(arns))
        return {arn: self._known(arn) for arn in arns}

    def remember(self, answer: ProfileFact, until: datetime) -> None:
        known = with_answer(self._known(answer.arn), answer, until)
        self.kept |= {(fact.arn, fact.asked_at): fact for fact in known.facts}
        self.answered[answer.arn] = known._replace(facts=())

    def _known(self, arn: str) -> Known:
        facts = [fact for (owner, _), fact in self.kept.items() if owner == arn]
        answered = self.answered.get(arn, Known())
        return answered._replace(facts=tuple(sorted(facts, key=lambda fact: fact.asked_at)))
