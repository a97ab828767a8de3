"""Where facts about application inference profiles come from, and where they are remembered."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from bedrock_meter.domain.policy.profile import Known, ProfileFact
from bedrock_meter.domain.records.errors import MeterError


class ProfilesUnavailable(MeterError):
    """Nothing can be read about a profile at the moment; asking again later helps."""


class ProfileRefused(ProfilesUnavailable):
    """Bedrock refuses questions about one profile; it may answer others."""


class ProfileSource(Protocol):
    """Bedrock itself."""

    def is_ours(self, arn: str) -> bool:
        """Return, without asking, whether a profile is of the account and Region we may ask about.

        Bedrock always refuses questions about others.
        """

    def ask(self, arn: str, at: datetime) -> ProfileFact:
        """Ask for models and tags of a profile; `at` becomes the time of the answer.

        An unknown profile is an answer that found nothing. Raise `ProfileRefused` when we may not
        see the profile or its tags, `ProfilesUnavailable` when there is no answer (throttled, the
        service or the network fails).
        """


class ProfileFacts(Protocol):
    """Answers, remembered with their times and shared by all functions."""

    def read(self, arns: Collection[str], since: datetime) -> dict[str, Known]:
        """Read together what is known of these profiles; never stale, every one has an entry.

        Facts that count for no call made at or after `since` may be left out.
        """

    def remember(self, answer: ProfileFact, until: datetime) -> None:
        """Keep an answer that holds until a time, as `with_answer` does; facts never expire.

        Raise `ProfilesUnavailable` when other writers are always quicker.
        """
