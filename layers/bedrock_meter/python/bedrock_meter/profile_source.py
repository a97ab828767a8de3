"""Where facts about application inference profiles come from, and where they are remembered."""

from datetime import datetime
from typing import Protocol

from bedrock_meter.domain.errors import MeterError
from bedrock_meter.domain.profile import ProfileFact


class ProfilesUnavailable(MeterError):
    """Bedrock does not answer questions about profiles just now; asking again later helps."""


class ProfileSource(Protocol):
    """Bedrock itself."""

    def ask(self, arn: str, at: datetime) -> ProfileFact:
        """Ask for models and tags of a profile; `at` becomes the time of the answer.

        An unknown profile, or one we may not see, is an answer that found nothing.
        `ProfilesUnavailable` when there is no answer.
        """


class ProfileFacts(Protocol):
    """Answers remembered for ever, each with its time."""

    def facts_of(self, arn: str) -> tuple[ProfileFact, ...]:
        """Read everything ever answered about a profile, oldest first; never stale."""

    def remember(self, fact: ProfileFact) -> None:
        """Keep an answer that found something; a second time changes nothing.

        ValueError for an answer that found nothing: it would be closed into a bill.
        """
