"""AWS without AWS, for one log object: answers at the wire, below the real boto3 clients.

The ingest runs as shipped, adapters and clients included; what it sends is counted and thrown
away. Only the handful of requests that an ingest makes are answered, anything else is an error.
"""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any, BinaryIO

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse

ASSIGNED = re.compile(r"(#?\w+)(?: = (?:if_not_exists\(#?\w+, (:\w+)\)|(:\w+))| (:\w+))")
_NO_SUCH_KEY = b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "LOG_BUCKET": "logs",
    "DATA_BUCKET": "data",
    "PARTIALS_TABLE": "Partials",
    "HOURS_TABLE": "Hours",
    "TENANTS_TABLE": "Tenants",
    "PARTIAL_DAYS": "35",
    "OBJECT_ROW_DAYS": "400",
}


class FileWire:
    """One file as a log object; `requests` counts what was asked for."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.requests: Counter[str] = Counter()
        self.bytes_written = 0

    def install(self) -> None:
        """Have every client that is made from now on talk to this instead of AWS."""
        session = botocore.session.get_session()
        session.register("before-send.s3", self._s3)
        session.register("before-send.dynamodb", self._dynamodb)
        boto3.setup_default_session(botocore_session=session)

    def _s3(self, request: Any, **_: Any) -> AWSResponse:
        self.requests[f"s3 {request.method}"] += 1
        if request.method == "GET" and "/manifests/" in request.url:
            return _answer(request.url, _Bytes(_NO_SUCH_KEY), {}, 404)  # it was never metered
        if request.method == "GET":
            size = {"content-length": str(self._file.stat().st_size)}
            return _answer(request.url, self._file.open("rb", buffering=0), size)
        body = request.body
        while body is not None and (piece := _piece(body)):
            self.bytes_written += len(piece)
            body = None if isinstance(body, bytes | bytearray) else body
        return _answer(request.url, None, {"etag": '"0"'})

    def _dynamodb(self, request: Any, **_: Any) -> AWSResponse:
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        self.requests[f"dynamodb {operation}"] += 1
        asked = json.loads(request.body)
        answer: dict[str, Any] = {"Items": [], "Count": 0} if operation == "Query" else {}
        if asked.get("ReturnValues") == "ALL_NEW":
            answer["Attributes"] = asked["Key"] | _row(asked)
        return _answer(request.url, _Bytes(json.dumps(answer).encode()), {})


def _row(asked: dict[str, Any]) -> dict[str, Any]:
    """Return an item as an update of nothing leaves it."""
    names = asked.get("ExpressionAttributeNames", {})
    values = asked["ExpressionAttributeValues"]
    return {
        names.get(name, name): values[first or then or added]
        for name, first, then, added in ASSIGNED.findall(asked["UpdateExpression"])
    }


def _piece(body: Any) -> bytes:
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    piece: bytes = body.read(1 << 20)
    return piece


class _Bytes:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Any:
        yield self._body

    def read(self, *_: Any, **__: Any) -> bytes:
        body, self._body = self._body, b""
        return body

    def close(self) -> None:
        self._body = b""


def _answer(
    url: str, raw: BinaryIO | _Bytes | None, headers: dict[str, str], status: int = 200
) -> AWSResponse:
    return AWSResponse(url, status, headers, raw if raw is not None else _Bytes(b""))
