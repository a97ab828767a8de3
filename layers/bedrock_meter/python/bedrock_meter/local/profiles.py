"""Profiles without AWS: answers given beforehand, and a memory in a dictionary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bedrock_meter.domain.profile import ProfileFact, missing_profile, scope_hint_for
from bedrock_meter.profile_source import ProfilesUnavailable


@dataclass
class MemoryProfiles:
    """A `ProfileSource` that knows the profiles it was given; `asked` lists every question."""

    models: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unavailable: bool = False
    asked: list[str] = field(default_factory=list)

    def ask(self, arn: str, at: datetime) -> ProfileFact:
        """Answer from what was given."""
        self.asked.append(arn)
        if self.unavailable:
            raise ProfilesUnavailable("the source was told not to answer")
        if arn not in self.models:
            return missing_profile(arn, at, "no such profile")
        models = self.models[arn]
        tags = dict(self.tags.get(arn, {}))
        return ProfileFact(arn, models, scope_hint_for(models), tags, at, found=True)


@dataclass
class MemoryProfileFacts:
    """A `ProfileFacts` in a dictionary."""

    kept: dict[tuple[str, datetime], ProfileFact] = field(default_factory=dict)

    def facts_of(self, arn: str) -> tuple[ProfileFact, ...]:
        """Read the facts of one profile, oldest first."""
        facts = [fact for (owner, _), fact in self.kept.items() if owner == arn]
        return tuple(sorted(facts, key=lambda fact: fact.asked_at))

    def remember(self, fact: ProfileFact) -> None:
        """Keep a fact by its time."""
        if not fact.found:
            raise ValueError(f"{fact.arn} was not found: that is no fact")
        self.kept.setdefault((fact.arn, fact.asked_at), fact)
