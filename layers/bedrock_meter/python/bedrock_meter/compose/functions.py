"""What all functions need: AWS clients, made once a process and only when they are needed."""

import gc
from functools import cache, partial
from importlib import import_module
from typing import Any

import boto3
from botocore.config import Config

from bedrock_meter.compose.settings import Settings
from bedrock_meter.compose.stores import Stores

_CONFIG = Config(retries={"mode": "standard", "max_attempts": 6}, max_pool_connections=16)
# A profile can be asked about again; log objects and hours must not wait long for one.
_QUICK = Config(retries={"mode": "standard", "max_attempts": 2}, connect_timeout=2, read_timeout=5)


def load(*names: str, room: str = "aws") -> None:
    """Load modules while the function starts, so that its first event does not wait for them.

    What is there by then stays: the garbage collector never looks at it again.
    """
    for name in names:
        import_module(f"bedrock_meter.{room}.{name}")
    gc.freeze()


def stores_by(settings: Settings) -> Stores:
    """Return the stores that a function's settings name."""
    bedrock = partial(boto3.client, "bedrock", config=_QUICK)
    return Stores(settings, client, table, bedrock=bedrock)


@cache
def client(service: str, region_name: str | None = None) -> Any:
    """Make the client of a service; of the function's own Region unless another is named."""
    return boto3.client(service, region_name=region_name, config=_CONFIG)


@cache
def table(name: str) -> Any:
    """Make a handle on a DynamoDB table; all of them share one client."""
    return dynamodb().Table(name)


@cache
def dynamodb() -> Any:
    """Make DynamoDB with Python values."""
    return boto3.resource("dynamodb", config=_CONFIG)
