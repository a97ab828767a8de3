"""A chat endpoint for many tenants: each call says whose it is, and a throttled tenant gets a 429.

    FLAGS_TABLE=my-stack-FlagsTable PORT=8080 python docs/example/chat.py
    curl -d '{"tenant": "acme", "question": "How far is the moon?"}' http://127.0.0.1:8080

With `AWS_ENDPOINT_URL_BEDROCK_RUNTIME` it asks a stand-in instead of Bedrock.
"""

import json
import math
import os
from contextvars import ContextVar
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3

from bedrock_meter_client import TenantThrottled, attach

MODEL = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
FLAGS = os.environ["FLAGS_TABLE"]

tenant: ContextVar[str] = ContextVar("tenant")
bedrock = boto3.client("bedrock-runtime")
attach(
    bedrock, tenant=tenant.get, metadata={"application": "chat"}, flags=os.environ["FLAGS_TABLE"]
)


def answer_to(question: str) -> str:
    """Ask the model. Nothing here knows of flags."""
    messages = [{"role": "user", "content": [{"text": question}]}]
    answer = bedrock.converse(modelId=MODEL, messages=messages)
    return answer["output"]["message"]["content"][0]["text"]


class Chat(BaseHTTPRequestHandler):
    """`{"tenant": …, "question": …}` → 200 and an answer, or 429 and when to come back."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        tenant.set(asked["tenant"])  # a real service takes it from the caller's token
        try:
            self.reply(200, {"answer": answer_to(asked["question"])})
        except TenantThrottled as throttled:
            wait = math.ceil(throttled.retry_after)
            self.reply(429, {"error": throttled.reason, "retry_after": wait}, wait)

    def reply(self, status: int, answer: dict[str, object], wait: int | None = None) -> None:
        """Send JSON, and `Retry-After` where there is something to wait for."""
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if wait is not None:
            self.send_header("Retry-After", str(wait))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    endpoint = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "8080"))), Chat)
    print(f"listening on http://127.0.0.1:{endpoint.server_address[1]}", flush=True)
    endpoint.serve_forever()
