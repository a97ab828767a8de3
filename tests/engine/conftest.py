"""Small functions, queues and tables for the tests of the engine itself."""

import io
import json
import time
import zipfile
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from engine.server import ACCOUNT

NUMBERS = count(1)


@pytest.fixture
def a_name() -> Callable[[str], str]:
    """`a_name("t")`: a name nobody else has."""
    return lambda stem: f"{stem}-{time.time_ns()}-{next(NUMBERS)}"


@pytest.fixture
def a_role(aws: Any, a_name: Any) -> Callable[..., str]:
    """`a_role({"Action": …, "Resource": …})`: a role that may do just that."""

    def role(*statements: dict[str, Any]) -> str:
        name, iam = a_name("role"), aws("iam")
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
            "Action": "sts:AssumeRole",
        }
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document(trust))
        if statements:
            allowed = [{"Effect": "Allow"} | statement for statement in statements]
            iam.put_role_policy(RoleName=name, PolicyName="may", PolicyDocument=_document(*allowed))
        return f"arn:aws:iam::{ACCOUNT}:role/{name}"

    return role


@pytest.fixture
def a_function(aws: Any, a_role: Any, a_name: Any) -> Callable[..., str]:
    """`a_function(source, …)`: the name of a function that runs `source`, which has a `handler`."""

    def function(
        source: str, *, role: str | None = None, layers: Any = (), **variables: str
    ) -> str:
        name = a_name("function")
        aws("lambda").create_function(
            FunctionName=name,
            Runtime="python3.13",
            Handler="app.handler",
            Role=role or a_role({"Action": "*", "Resource": "*"}),
            Code={"ZipFile": _zip(source)},
            Environment={"Variables": variables},
            Layers=list(layers),
            Timeout=10,
        )
        return name

    return function


@pytest.fixture
def invoke(aws: Any) -> Callable[..., Any]:
    """`invoke(name, event)`: what a function answers, errors included."""

    def answer(name: str, event: Any = None) -> Any:
        response = aws("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
        return json.loads(response["Payload"].read())

    return answer


@pytest.fixture
def a_queue(aws: Any, a_name: Any) -> Callable[..., tuple[str, str]]:
    """`a_queue()`: URL and ARN of a new queue."""

    def queue(**attributes: str) -> tuple[str, str]:
        sqs = aws("sqs")
        url = sqs.create_queue(QueueName=a_name("queue"), Attributes=attributes)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    return queue


@pytest.fixture
def messages(aws: Any) -> Callable[[str, int], list[Any]]:
    """`messages(url, n)`: the bodies of the first n messages, decoded, waited for."""

    def bodies(url: str, wanted: int) -> list[Any]:
        sqs, found = aws("sqs"), []
        until = time.monotonic() + 20
        while len(found) < wanted and time.monotonic() < until:
            batch = sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1
            ).get("Messages", [])
            found += [json.loads(message["Body"]) for message in batch]
            for message in batch:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return bodies


@pytest.fixture
def a_table(aws: Any, a_name: Any) -> Callable[..., str]:
    """`a_table()`: a table keyed by pk and sk; with a stream view type, its keys are streamed."""

    def table(stream: str | None = None, **extra: Any) -> str:
        name = a_name("table")
        attributes = {"pk", "sk"} | {
            key["AttributeName"]
            for index in extra.get("GlobalSecondaryIndexes", [])
            for key in index["KeySchema"]
        }
        if stream:
            extra["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream}
        aws("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": one, "AttributeType": "S"} for one in sorted(attributes)
            ],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            **extra,
        )
        return name

    return table


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _zip(source: str) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr("app.py", source)
    return body.getvalue()
