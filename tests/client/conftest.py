"""A Bedrock and a DynamoDB that are plain HTTP servers on this machine."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config

from bedrock_meter_client.flag import flag_key

NOW = datetime(2026, 11, 18, 10, 26, 40, tzinfo=UTC).timestamp()


class Stub:
    """What arrived, and what is answered. `date` is the server's own clock; `down` answers 500."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.flags: dict[str, dict[str, Any]] = {}
        self.date = NOW
        self.down = False
        self.reads = 0

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict, bytes]:
        if "x-amz-target" in headers:
            return self._dynamodb(json.loads(body))
        self.requests.append({"path": path, "headers": headers, "body": body})
        if path.endswith("/converse"):
            return 200, {}, json.dumps(CONVERSED).encode()
        counts = {
            "x-amzn-bedrock-input-token-count": "700",
            "x-amzn-bedrock-output-token-count": "300",
        }
        return 200, {"Content-Type": "application/json", **counts}, b'{"content": []}'

    def _dynamodb(self, asked: dict[str, Any]) -> tuple[int, dict, bytes]:
        self.reads += 1
        if self.down:
            return 500, {}, b'{"__type": "InternalServerError"}'
        item = self.flags.get(asked["Key"]["tenant"]["S"])
        return 200, {}, json.dumps({"Item": item} if item else {}).encode()

    def put(self, tenant: str, **changes: Any) -> None:
        """Store a flag as the meter writes it."""
        self.flags[flag_key(tenant)] = _typed(a_flag(tenant, **changes))["M"]


CONVERSED = {
    "output": {"message": {"role": "assistant", "content": [{"text": "hello"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 700, "outputTokens": 300, "totalTokens": 1000},
    "metrics": {"latencyMs": 5},
}


def a_flag(tenant: str = "acme", **changes: Any) -> dict[str, Any]:
    """The flag as a document: red, blocking, enforced, until 10:30."""
    return {
        "tenant": flag_key(tenant),
        "version": 17,
        "level": "red",
        "action": "block",
        "limits": {},
        "models": {"deny": []},
        "reason": "104 % of the daily budget",
        "since": "2026-11-18T10:20:00Z",
        "expires_at": "2026-11-18T10:30:00Z",
        "resume_at": "2026-11-18T10:30:20Z",
        "stale_rule": "open",
        "source": "assess",
        "mode": "enforce",
        **changes,
    }


def _typed(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"M": {key: _typed(one) for key, one in value.items()}}
    if isinstance(value, list):
        return {"L": [_typed(one) for one in value]}
    return {"N": str(value)} if isinstance(value, int) else {"S": value}


class QuietServer(ThreadingHTTPServer):
    """Says nothing when a client hangs up, as clients that never read a stream do."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, answer = stub.answer(self.path, headers, body)
            self.send_response_only(status)
            self.send_header("Date", formatdate(stub.date, usegmt=True))
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = QuietServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"  # type: ignore[attr-defined]
    yield stub
    server.shutdown()
    server.server_close()
    thread.join()


def a_client(stub: Stub, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=stub.url,  # type: ignore[attr-defined]
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=20),
    )


@pytest.fixture
def bedrock(stub: Stub) -> Iterator[Any]:
    client = a_client(stub, "bedrock-runtime")
    yield client
    client.close()


@pytest.fixture
def dynamodb(stub: Stub) -> Iterator[Any]:
    client = a_client(stub, "dynamodb")
    yield client
    client.close()


class Clock:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()
