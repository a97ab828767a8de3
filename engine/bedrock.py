"""A stand-in for Bedrock: a small HTTP server that answers every call and notes what arrived."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from bedrock_meter_client.metadata import HEADER
from engine import server

ANSWER = "Forty-two, give or take."


@dataclass(frozen=True)
class BedrockCall:
    """One call as it arrived, and the tokens its answer claimed."""

    at: datetime
    operation: str
    model: str
    metadata: Mapping[str, str]
    input_tokens: int
    output_tokens: int

    def record(self) -> dict[str, Any]:
        """Write the call down as Bedrock's invocation log does."""
        return {
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
            "timestamp": f"{self.at:%Y-%m-%dT%H:%M:%SZ}",
            "accountId": server.ACCOUNT,
            "region": server.REGION,
            "requestId": str(uuid4()),
            "operation": self.operation,
            "modelId": self.model,
            "identity": {"arn": f"arn:aws:sts::{server.ACCOUNT}:assumed-role/app/session"},
            "input": {"inputContentType": "application/json", "inputTokenCount": self.input_tokens},
            "output": {
                "outputContentType": "application/json",
                "outputTokenCount": self.output_tokens,
            },
            "requestMetadata": dict(self.metadata),
        }


@dataclass
class BedrockStandIn:
    """Where it listens, the tokens of each answer, and the calls that arrived."""

    endpoint: str = ""
    input_tokens: int = 700
    output_tokens: int = 300
    calls: list[BedrockCall] = field(default_factory=list)

    def answer(self, path: str, header: str | None, body: bytes) -> bytes:
        """Note a call and answer it: Converse by its body, InvokeModel by the metadata header."""
        _, _, model, action = path.split("/", 3)
        converse = action == "converse"
        told = json.loads(body).get("requestMetadata") if converse else header
        metadata = told if isinstance(told, dict) else json.loads(told or "{}")
        call = BedrockCall(
            datetime.now(UTC),
            "Converse" if converse else "InvokeModel",
            unquote(model),
            metadata,
            self.input_tokens,
            self.output_tokens,
        )
        self.calls.append(call)
        return json.dumps(_converse_answer(call) if converse else {"content": []}).encode()


def _converse_answer(call: BedrockCall) -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": ANSWER}]}},
        "stopReason": "end_turn",
        "usage": {
            "inputTokens": call.input_tokens,
            "outputTokens": call.output_tokens,
            "totalTokens": call.input_tokens + call.output_tokens,
        },
        "metrics": {"latencyMs": 1},
    }


@contextmanager
def answering(input_tokens: int = 700, output_tokens: int = 300) -> Iterator[BedrockStandIn]:
    """A stand-in on a free port for the length of a block."""
    bedrock = BedrockStandIn(input_tokens=input_tokens, output_tokens=output_tokens)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            answer = bedrock.answer(self.path, self.headers.get(HEADER), body)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads = True
    bedrock.endpoint = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield bedrock
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
