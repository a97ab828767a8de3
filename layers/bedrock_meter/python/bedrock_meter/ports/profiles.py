"""Where facts about application inference profiles come from, and where they are remembered."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from bedrock_meter.domain.policy.profile import Known, ProfileFact
from bedrock_meter.domain.records.errors import MeterError


class ProfilesUnavailable(MeterError):
    """What there is to know about a profile cannot be had just now; asking again later helps."""


class ProfileRefused(ProfilesUnavailable):
    """Bedrock does not let us ask about one profile; it may well answer about others."""


class ProfileSource(Protocol):
    """Bedrock itself."""

    def is_ours(self, arn: str) -> bool:
        """Tell, without asking, whether a profile is of the account and Region that we may ask.

        Bedrock refuses all others, today and for ever.
        """

    def ask(self, arn: str, at: datetime) -> ProfileFact:
        """Ask for models and tags of a profile; `at` becomes the time of the answer.

        An unknown profile is an answer that found nothing. `ProfileRefused` when we may not see
        the profile or its tags; `ProfilesUnavailable` when there is no answer at all (throttled,
        the service or the network fails).
        """


class ProfileFacts(Protocol):
    """Answers remembered, each with its time; shared by everybody who asks."""

    def read(self, arns: Collection[str], since: datetime) -> dict[str, Known]:
        """Read together what is known of these profiles; never stale, every one has an entry.

        Facts that count for no call made at or after `since` may be left out.
        """

    def remember(self, answer: ProfileFact, until: datetime) -> None:
        """Keep an answer that holds until a time, as `with_answer` says; facts for ever.

        `ProfilesUnavailable` when others keep being quicker.
        """
