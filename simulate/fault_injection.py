"""Fault injection between botocore and the service, drawn from a seed: below every adapter.

A request may be refused before it takes effect, or take effect and get a wrong answer, or none.
botocore retries a few times, at once; then the caller gets the error. A conditional write that
took effect, and whose answer was lost, is refused when it is repeated.
"""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

_DYNAMODB = "com.amazonaws.dynamodb.v20120810#"
THROTTLED, FAILED, RESET, ANSWER_LOST, FAILED_AFTER = (
    "throttled", "internal error", "connection reset", "reset after effect",
    "internal error after effect",
)  # fmt: skip
KINDS = (THROTTLED, FAILED, RESET, ANSWER_LOST, FAILED_AFTER)
_MORE_OFTEN = 5


class FaultInjection:
    """Injects errors into the requests of clients. `rate` is the share of requests that get one.

    Conditional writes get errors five times as often: a lost answer harms them most.
    """

    def __init__(self, random: Random, most_attempts: int) -> None:
        self.rate = 0.0
        self.met: Counter[str] = Counter()
        self._random = random
        self._most_attempts = most_attempts
        self._is_met = False

    def stand_on(self, client: Any) -> None:
        """Inject errors into the requests of a client from now on."""
        service = client.meta.service_model.service_id.hyphenize()
        events, send = client.meta.events, client._endpoint.http_session.send
        events.register(f"before-send.{service}", self._sender(send))
        events.register_first(f"needs-retry.{service}", self._try_again)

    def _sender(self, send: Callable[[Any], Any]) -> Callable[..., Any]:
        def meet(request: Any, **_: Any) -> Any:
            rate = self.rate * (_MORE_OFTEN if _is_conditional(request) else 1)
            self._is_met = self._random.random() < rate
            if not self._is_met:
                return None
            kind = self._random.choice(KINDS)
            self.met[kind] += 1
            if kind in (ANSWER_LOST, FAILED_AFTER):
                send(request)
            if kind in (RESET, ANSWER_LOST):
                raise ConnectionClosedError(endpoint_url=request.url)
            return _throttling(request) if kind == THROTTLED else _failure(request)

        return meet

    def _try_again(self, attempts: int, **_: Any) -> int | None:
        """Have botocore repeat at once what got an error; None leaves it to botocore."""
        return 0 if self._is_met and attempts < self._most_attempts else None


def _is_conditional(request: Any) -> bool:
    if _is_dynamodb(request):
        return b"ConditionExpression" in request.body
    return "If-None-Match" in request.headers or "If-Match" in request.headers


def _throttling(request: Any) -> AWSResponse:
    if _is_dynamodb(request):
        return _answer(request, 400, _json_error("ThrottlingException"))
    return _answer(request, 503, _xml_error("SlowDown"))


def _failure(request: Any) -> AWSResponse:
    if _is_dynamodb(request):
        return _answer(request, 500, _json_error("InternalServerError"))
    return _answer(request, 500, _xml_error("InternalError"))


def _is_dynamodb(request: Any) -> bool:
    return "X-Amz-Target" in request.headers


def _json_error(code: str) -> bytes:
    return f'{{"__type": "{_DYNAMODB}{code}", "message": "for a test"}}'.encode()


def _xml_error(code: str) -> bytes:
    return f"<Error><Code>{code}</Code><Message>for a test</Message></Error>".encode()


class _Raw:
    """A body as urllib3 returns it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Any:
        yield self._body


def _answer(request: Any, status: int, body: bytes) -> AWSResponse:
    return AWSResponse(request.url, status, {"x-amzn-requestid": "none"}, _Raw(body))
