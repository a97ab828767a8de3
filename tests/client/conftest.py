"""A Bedrock and a DynamoDB that are plain HTTP servers on this machine."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config

from bedrock_meter_client.flag import flag_key
from tests.client.applications import APPLICATIONS, Application, identity

NOW = datetime(2026, 11, 18, 10, 26, 40, tzinfo=UTC).timestamp()

PATIENT = 30.0
"""Seconds a read may take in tests that are not about time: the machine may be busy."""


class Stub:
    """What arrived, and what is answered. `date` is the server's own clock.

    Of the flags: `down` answers 500, `instead` answers every read, `delay` is
    in seconds, and `hang_up` closes the connection. `counts` are Bedrock's headers.
    """

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[dict[str, Any]] = []
        self.flags: dict[str, dict[str, Any]] = {}
        self.date = NOW
        self.down = False
        self.instead: tuple[int, dict[str, str], bytes] | None = None
        self.delay = 0.0
        self.hang_up = False
        self.reads = 0
        self.converse: tuple[int, dict[str, Any]] = (200, CONVERSED)
        self.counts = {
            "x-amzn-bedrock-input-token-count": "700",
            "x-amzn-bedrock-output-token-count": "300",
        }

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict, bytes]:
        if "x-amz-target" in headers:
            return self._dynamodb(json.loads(body))
        self.requests.append({"path": path, "headers": headers, "body": body})
        if path.endswith("/converse"):
            status, answer = self.converse
            return status, {}, json.dumps(answer).encode()
        counts = self.counts if path.endswith("/invoke") else {}
        return 200, {"Content-Type": "application/json", **counts}, b'{"content": []}'

    def _dynamodb(self, asked: dict[str, Any]) -> tuple[int, dict, bytes]:
        self.reads += 1
        time.sleep(self.delay)
        if self.hang_up:
            raise ConnectionResetError
        if self.down:
            return 500, {}, b'{"__type": "InternalServerError"}'
        if self.instead is not None:
            return self.instead
        item = self.flags.get(asked["Key"]["tenant"]["S"])
        return 200, {}, json.dumps({"Item": item} if item else {}).encode()

    def put(self, tenant: str, **changes: Any) -> None:
        """Store a flag as the meter writes it."""
        self.put_item(tenant, a_flag(tenant, **changes))

    def put_item(self, tenant: str, item: dict[str, Any]) -> None:
        """Store anything in the place of a flag."""
        self.flags[flag_key(tenant)] = typed(item)["M"]

    def refuse(self, code: str, message: str = "no") -> None:
        """Return every read of a flag with an error of DynamoDB."""
        answer = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}
        self.instead = 400, {}, json.dumps(answer).encode()


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


def typed(value: Any) -> dict[str, Any]:
    """Write a value as DynamoDB's JSON does."""
    if isinstance(value, dict):
        return {"M": {key: typed(one) for key, one in value.items()}}
    if isinstance(value, list):
        return {"L": [typed(one) for one in value]}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    return {"N": str(value)} if isinstance(value, (int, float)) else {"S": value}


class QuietServer(ThreadingHTTPServer):
    """Says nothing when a client hangs up, as clients that never read a stream do."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@pytest.fixture(scope="module", autouse=True)
def reads_end() -> Iterator[None]:
    """Reads that a gate gave up on go on behind it; the next module begins without them.

    botocore draws random numbers between its attempts, which Hypothesis does not stand.
    """
    yield
    end = time.monotonic() + PATIENT
    for thread in threading.enumerate():
        if thread.name == "bedrock-meter-flags":
            thread.join(max(0.0, end - time.monotonic()))


@pytest.fixture
def stub() -> Iterator[Stub]:
    stub = Stub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # One packet for head and body: two would wait for each other.

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
    stub.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield stub
    server.shutdown()
    server.server_close()
    thread.join()


def a_client(stub: Stub, service: str) -> Any:
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=20)
    return boto3.client(service, **identity(stub.url), config=config)


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
    """A monotonic clock that moves when it is set."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["boto3", "aiobotocore"])
def application(request: pytest.FixtureRequest, stub: Stub) -> Iterator[Application]:
    """An application, once with each of the two libraries that speak to Bedrock."""
    application = APPLICATIONS[request.param](stub.url)
    yield application
    application.close()


@pytest.fixture
def warnings_of(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the library warned of."""

    def warned() -> list[str]:
        return [
            record.getMessage()
            for record in caplog.records
            if record.name == "bedrock_meter_client" and record.levelname == "WARNING"
        ]

    return warned
