"""Applications that call Bedrock: one with boto3, one with aiobotocore, asked in the same way."""

import asyncio
import json
from contextlib import AsyncExitStack
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
MESSAGES = [{"role": "user", "content": [{"text": "hello"}]}]


class BotoApplication:
    """Calls as boto3 does."""

    def __init__(self, url: str) -> None:
        self.client: Any = boto3.client(
            "bedrock-runtime",
            **identity(url),
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=20),
        )

    def converse(self, **more: Any) -> Any:
        return self.client.converse(modelId=MODEL, **{"messages": MESSAGES, **more})

    def invoke(self, **more: Any) -> Any:
        answer = self.client.invoke_model(modelId=MODEL, **{"body": b"{}", **more})
        return json.loads(answer["body"].read())

    def close(self) -> None:
        self.client.close()


class AsyncApplication:
    """Calls as aiobotocore does, each on a loop that is its own."""

    def __init__(self, url: str) -> None:
        config = Config(retries={"total_max_attempts": 1})
        made = async_session().create_client("bedrock-runtime", **identity(url), config=config)
        self._loop = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.client: Any = self.run(self._stack.enter_async_context(made))

    def run(self, coroutine: Any) -> Any:
        """Run a coroutine on the loop of the client."""
        return self._loop.run(coroutine)

    def converse(self, **more: Any) -> Any:
        return self.run(self._conversed(more))

    def invoke(self, **more: Any) -> Any:
        return self.run(self._invoked(more))

    def close(self) -> None:
        self.run(self._stack.aclose())
        self._loop.close()

    async def _conversed(self, more: Any) -> Any:
        return await self.client.converse(modelId=MODEL, **{"messages": MESSAGES, **more})

    async def _invoked(self, more: Any) -> Any:
        answer = await self.client.invoke_model(modelId=MODEL, **{"body": b"{}", **more})
        return json.loads(await answer["body"].read())


@cache
def async_session() -> Any:
    """Return a session of aiobotocore; it has read the descriptions of the services already."""
    from aiobotocore.session import get_session

    return get_session()


type Application = BotoApplication | AsyncApplication

APPLICATIONS = {"boto3": BotoApplication, "aiobotocore": AsyncApplication}


def identity(url: str) -> dict[str, str]:
    """Where and as whom clients call."""
    return {
        "endpoint_url": url,
        "region_name": "us-east-1",
        "aws_access_key_id": "test",
        "aws_secret_access_key": "test",
    }
