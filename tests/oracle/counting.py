"""From a record to quantities by kind, and what its counts mean for the price."""

from collections.abc import Mapping
from typing import Any


def usage_of(record: Mapping[str, Any], family: str) -> dict[str, int]:
    """Give the quantities of a record by kind, zeros left out.

    The record's own counts come first. The body tells only how long cache writes live, and the
    cache counts of records that carry none.
    """
    if record.get("errorCode"):
        return {}
    asked, answered = record.get("input") or {}, record.get("output") or {}
    said = _usage_in(answered.get("outputBodyJson"))
    read = _first(asked.get("cacheReadInputTokenCount"), said.get("read"))
    written = _first(asked.get("cacheWriteInputTokenCount"), said.get("written"))
    long = min(said.get("1h", 0), written)
    short = "cache_write_30m_tokens" if family == "openai" else "cache_write_5m_tokens"
    quantities = {
        "input_tokens": _first(asked.get("inputTokenCount")),
        "output_tokens": _first(answered.get("outputTokenCount")),
        "cache_read_tokens": read,
        short: written - long,
        "cache_write_1h_tokens": long,
    }
    return {kind: quantity for kind, quantity in quantities.items() if quantity}


def has_counts(record: Mapping[str, Any]) -> bool:
    """Tell whether the record states any count, be it zero."""
    asked, answered = record.get("input") or {}, record.get("output") or {}
    return asked.get("inputTokenCount") is not None or answered.get("outputTokenCount") is not None


def was_blocked(record: Mapping[str, Any]) -> bool:
    """Tell whether a guardrail stopped the call."""
    body = (record.get("output") or {}).get("outputBodyJson")
    return isinstance(body, dict) and (
        body.get("stopReason") == "guardrail_intervened"
        or body.get("amazon-bedrock-guardrailAction") == "INTERVENED"
    )


def _first(*counts: int | None) -> int:
    return next((count for count in counts if count is not None), 0)


def _usage_in(body: Any) -> dict[str, int]:
    """Find the cache counts in a response body, in whichever shape it has."""
    if isinstance(body, list):
        starts = (chunk.get("message") for chunk in body if isinstance(chunk, dict))
        body = next((start for start in starts if start), None)
    usage = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(usage, dict):
        return {}
    found = {
        "read": _named(usage, "cacheReadInputTokens", "cacheReadInputTokenCount"),
        "written": _named(usage, "cacheWriteInputTokens", "cacheWriteInputTokenCount"),
        "1h": _long_lived(usage),
    }
    if "input_tokens" in usage:
        found["read"] = usage.get("cache_read_input_tokens")
        found["written"] = usage.get("cache_creation_input_tokens")
    return {name: count for name, count in found.items() if count is not None}


def _long_lived(usage: Mapping[str, Any]) -> int | None:
    details = usage.get("cacheDetails")
    if details:
        return sum(part["inputTokens"] for part in details if part["ttl"] == "1h")
    return (usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens")


def _named(usage: Mapping[str, Any], *names: str) -> int | None:
    return next((usage[name] for name in names if usage.get(name) is not None), None)
