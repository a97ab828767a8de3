"""AWS clients and tables, made once a process and only when somebody needs them."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from bedrock_meter.aws.bedrock_profiles import BedrockProfiles
from bedrock_meter.domain.profile import ProfileFact

_CONFIG = Config(retries={"mode": "standard", "max_attempts": 6}, max_pool_connections=16)


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
    """`ProfileSource` on Bedrock, connected when the first question is asked: few objects ask."""

    def __init__(self, bedrock: Callable[[], Any] = lambda: client("bedrock")) -> None:
        self._bedrock = bedrock

    def ask(self, arn: str, at: datetime) -> ProfileFact:
        return BedrockProfiles(self._bedrock()).ask(arn, at)
