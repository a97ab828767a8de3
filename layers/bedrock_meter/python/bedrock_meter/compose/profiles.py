"""Bedrock as the source of facts about profiles, connected with the first question."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any

from bedrock_meter.aws.bedrock_profiles import BedrockProfiles
from bedrock_meter.domain.policy.profile import ProfileFact

_SECONDS_A_QUESTION = 0.1


class ProfilesOnDemand:
    """`ProfileSource` on Bedrock, connected with the first question: few log objects need it.

    It asks ten times a second at most: the rate limit of the control plane is not published, and
    others in the account use it too.
    """

    def __init__(
        self,
        account: str,
        bedrock: Callable[[], Any],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._account = account
        self._bedrock = bedrock
        self._clock = clock
        self._sleep = sleep
        self._next = 0.0

    @cached_property
    def _profiles(self) -> BedrockProfiles:
        return BedrockProfiles(self._bedrock(), self._account)

    def is_ours(self, arn: str) -> bool:
        return self._profiles.is_ours(arn)

    def ask(self, arn: str, at: datetime) -> ProfileFact:
        early = self._next - self._clock()
        if early > 0:
            self._sleep(early)
        self._next = self._clock() + _SECONDS_A_QUESTION
        return self._profiles.ask(arn, at)
