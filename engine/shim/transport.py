"""Requests reach AWS by TLS; the engine is asked over plain HTTP on the loopback interface.

The stack's buckets refuse what does not come by TLS. Here nothing leaves the machine, so every
request counts as secure: the policies stay as they are, and are evaluated as they are.
"""

from contextvars import ContextVar

from ministack import app
from ministack.core import iam_evaluator

from engine.shim import guard

SECURE = True


def close() -> None:
    guard.expect(iam_evaluator.pin_request_origin, "de819c1bd9ac")
    stock = iam_evaluator.pin_request_origin

    def pin(source_ip: str, secure_transport: bool) -> None:
        stock(source_ip, secure_transport or SECURE)

    app.pin_request_origin = pin
    # Requests the engine makes to itself (a state machine's, say) are never pinned.
    iam_evaluator._request_origin = ContextVar("request_origin", default=("127.0.0.1", SECURE))
