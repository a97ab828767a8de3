"""A policy may say under which source a role sends events, as on AWS; the engine knows no source.

AWS fills in `events:source` and `events:detail-type` of PutEvents.
"""

import json
from collections.abc import Iterable
from typing import Any

from ministack.core import iam_actions

from engine.shim import guard


def context_of(body: bytes) -> dict[str, Any]:
    """What the entries of a PutEvents request say about themselves."""
    entries = json.loads(body or b"{}").get("Entries") or []
    return {
        "events:source": _one_or_all(entry.get("Source", "") for entry in entries),
        "events:detail-type": _one_or_all(entry.get("DetailType", "") for entry in entries),
    }


def _one_or_all(values: Iterable[str]) -> str | list[str]:
    different = sorted(set(values))
    return different[0] if len(different) == 1 else different


def close() -> None:
    guard.expect(iam_actions.request_tag_context, "d46adb816e02")
    stock = iam_actions.request_tag_context

    def tag_context(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        context: dict[str, Any] = stock(service, action, body, params)
        return context | context_of(body) if action == "events:PutEvents" else context

    iam_actions.request_tag_context = tag_context
