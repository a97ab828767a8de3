"""The example application of the documents, asked by tenants with flags, before a stand-in for
Bedrock."""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.error import HTTPError

from engine import bedrock, server
from engine.demo.deployment import DemoFailed, Deployment

EXAMPLE = server.ROOT / "docs" / "example" / "chat.py"
QUESTIONS = 8
LIMIT = 30.0


@dataclass(frozen=True)
class Guest:
    """What became of one tenant's questions; `why` and `again_in` (seconds) of the last refusal."""

    tenant: str
    asked: int = 0
    answered: int = 0
    why: str = ""
    again_in: int | None = None


@dataclass(frozen=True)
class Visit:
    """The guests, and the metadata of each call that reached the stand-in."""

    guests: Sequence[Guest]
    seen: Sequence[Mapping[str, str]]


def visit(deployment: Deployment, tenants: Sequence[str], questions: int = QUESTIONS) -> Visit:
    """Run the application and have tenants ask it, each the same number of questions."""
    flags = deployment.output("FlagsTableName")
    with (
        bedrock.answering() as stand_in,
        running(flags, stand_in.endpoint, deployment.engine.endpoint) as url,
    ):
        guests = [_ask(url, tenant, questions) for tenant in tenants]
    return Visit(guests, [call.metadata for call in stand_in.calls])


@contextmanager
def running(flags: str, bedrock_endpoint: str, dynamodb_endpoint: str) -> Iterator[str]:
    """Run the example as a process of its own; yield its address."""
    process = subprocess.Popen(
        [sys.executable, str(EXAMPLE)],
        env={
            **os.environ,
            "PORT": "0",
            "FLAGS_TABLE": flags,
            "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock_endpoint,
            "AWS_ENDPOINT_URL_DYNAMODB": dynamodb_endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": server.REGION,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise DemoFailed(f"{EXAMPLE.name} ended before it listened")
        yield line.split()[-1]
    finally:
        process.terminate()
        process.communicate()


def _ask(url: str, tenant: str, questions: int) -> Guest:
    guest = Guest(tenant)
    for number in range(questions):
        status, answer = post(url, {"tenant": tenant, "question": f"Question {number + 1}"})
        guest = replace(guest, asked=guest.asked + 1)
        if status == 200:
            guest = replace(guest, answered=guest.answered + 1)
        else:
            guest = replace(guest, why=answer["error"], again_in=answer["retry_after"])
    return guest


def post(url: str, question: Mapping[str, str]) -> tuple[int, dict]:  # type: ignore[type-arg]
    """Ask one question; return the status and the answer."""
    request = urllib.request.Request(url, json.dumps(question).encode())
    try:
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:
            return answer.status, json.load(answer)
    except HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)
