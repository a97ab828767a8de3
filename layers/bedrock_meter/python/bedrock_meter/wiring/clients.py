"""AWS clients and tables, made once a process and only when somebody needs them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any

import boto3
from botocore.config import Config

from bedrock_meter.aws.bedrock_profiles import BedrockProfiles
from bedrock_meter.domain.policy.profile import ProfileFact

_CONFIG = Config(retries={"mode": "standard", "max_attempts": 6}, max_pool_connections=16)
# A profile can be asked about again; a log object or an hour does not wait long for one.
_QUICK = Config(retries={"mode": "standard", "max_attempts": 2}, connect_timeout=2, read_timeout=5)
_SECONDS_A_QUESTION = 0.1


def clock() -> datetime:
    """Read the clock, to date the expiry of items."""
    return datetime.now(UTC)


@cache
def client(service: str) -> Any:
    """Make the client of a service."""
    return boto3.client(service, config=_CONFIG)


@cache
def table(name: str) -> Any:
    """Make a handle on a DynamoDB table; all of them share one client."""
    return dynamodb().Table(name)


@cache
def dynamodb() -> Any:
    """Make DynamoDB with Python values."""
    return boto3.resource("dynamodb", config=_CONFIG)


class ProfilesOnDemand:
    """`ProfileSource` on Bedrock, connected when the first question is asked: few objects ask.

    It asks ten times a second at most: how often the control plane lets itself be asked is not
    published, and others of the account ask it too.
    """

    def __init__(
        self,
        account: str = "",
        bedrock: Callable[[], Any] = lambda: boto3.client("bedrock", config=_QUICK),
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
