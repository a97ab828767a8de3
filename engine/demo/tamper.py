"""Tampering: change two stored numbers directly in the tables, to see the proof fail."""

from collections.abc import Mapping
from typing import Any

from engine.demo.deployment import Deployment
from engine.demo.readings import CLOSED, LIVE

TOKENS = 2
"""The place of the tokens in a row of a live page."""


def tamper(deployment: Deployment) -> tuple[str, ...]:
    """Add a token to one closed total and to one live one; return their keys."""
    items = sorted(deployment.items("Usage"), key=lambda item: (item["pk"], item["sk"]))
    closed = (item for item in items if item["sk"].startswith(CLOSED) and item["tokens"])
    live = (item for item in items if item["pk"].startswith(LIVE) and _row_of(item))
    names = []
    if item := next(closed, None):
        deployment.change("Usage", _key(item), ["tokens"], 1)
        names.append(f"{item['pk']} {item['sk']}")
    if item := next(live, None):
        name = _row_of(item)
        deployment.change("Usage", _key(item), [name, TOKENS], 1)
        names.append(f"{name} {item['pk']}")
    return tuple(names)


def _row_of(page: Mapping[str, Any]) -> str:
    """Return the first tenant on a live page that used any tokens; nothing if there is none."""
    rows = (name for name, row in sorted(page.items()) if isinstance(row, list) and row[TOKENS])
    return next(rows, "")


def _key(item: Mapping[str, Any]) -> dict[str, str]:
    return {"pk": item["pk"], "sk": item["sk"]}
