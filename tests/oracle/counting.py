"""From a record to quantities by kind, and what its counts mean for the price."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.oracle.bodies import events_of, listed, mapped, messages_of, request_of, response_of
from tests.oracle.media import beside_tokens, is_by_tokens

OPENAI_APIS = ("Responses", "ChatCompletions")
GUARDRAIL_KINDS = {
    "topicPolicyUnits": "guardrail_topic_text_units",
    "contentPolicyUnits": "guardrail_content_text_units",
    "contentPolicyImageUnits": "guardrail_content_image_units",
    "wordPolicyUnits": "guardrail_word_text_units",
    "sensitiveInformationPolicyUnits": "guardrail_sensitive_information_text_units",
    "sensitiveInformationPolicyFreeUnits": "guardrail_sensitive_information_regex_free_text_units",
    "contextualGroundingPolicyUnits": "guardrail_contextual_grounding_text_units",
    "automatedReasoningPolicyUnits": "guardrail_automated_reasoning_text_units",
}
Quantities = dict[str, int]


class Used(NamedTuple):
    """Quantities by kind, zeros left out; `is_all` unless more may have been used than is told."""

    usage: Quantities
    is_all: bool


def used_by(record: Mapping[str, Any], model: str) -> Used:
    """Count what a call used; `model` is its bare model id.

    The record's own counts come first. The body tells only how long cache writes live, and the
    cache counts of records that carry none. A failed call used nothing.
    """
    if record.get("errorCode") is not None:
        return Used({}, True)
    beside = beside_tokens(record, model)
    usage = _without_zeros(_tokens(record, model)) | beside.usage
    if was_blocked(record) and not usage:
        is_all = True
    else:
        counted = beside.is_counted or (has_counts(record) and is_by_tokens(model))
        is_all = beside.is_all and (bool(usage) or counted)
    return Used(usage | _without_zeros(_guardrail_units(record)), is_all)


def has_counts(record: Mapping[str, Any]) -> bool:
    """Return whether the record states any count, be it zero."""
    asked, answered = record.get("input") or {}, record.get("output") or {}
    return asked.get("inputTokenCount") is not None or answered.get("outputTokenCount") is not None


def was_blocked(record: Mapping[str, Any]) -> bool:
    """Return whether a guardrail stopped the call."""
    return any(
        event.get("stopReason") == "guardrail_intervened"
        or event.get("amazon-bedrock-guardrailAction") == "INTERVENED"
        for event in events_of(response_of(record))
    )


def tier_of(record: Mapping[str, Any]) -> str:
    """Return the service tier that served the call, where its response says so."""
    body = response_of(record)
    fast = (record.get("performanceConfig") or {}).get("latency") == "optimized"
    if str(record.get("operation")).startswith("Converse"):
        word = mapped(mapped(body).get("serviceTier")).get("type")
        fast = fast or mapped(mapped(body).get("performanceConfig")).get("latency") == "optimized"
    else:
        word = _stated_tier(events_of(body))
    if word not in (None, "", "standard", "default", "auto"):
        return str(word).lower()
    return "latency_optimized" if fast else "standard"


def _stated_tier(events: list[dict[str, Any]]) -> Any:
    """Read the tier of InvokeModel and its kin: the opening event tells, of Responses the last."""
    if not events:
        return None
    opening = events[0]
    if "message" in opening:
        return mapped(mapped(opening["message"]).get("usage")).get("service_tier")
    if "response" in opening:
        return mapped(events[-1].get("response")).get("service_tier")
    return opening.get("service_tier") or mapped(opening.get("usage")).get("service_tier")


def _tokens(record: Mapping[str, Any], model: str) -> Quantities:
    asked, answered = record.get("input") or {}, record.get("output") or {}
    said = _usage_in(response_of(record))
    read = _first(asked.get("cacheReadInputTokenCount"), said.get("read"))
    written = _first(asked.get("cacheWriteInputTokenCount"), said.get("written"))
    fresh = _first(asked.get("inputTokenCount"))
    if _is_inclusive(record, model):
        read = read or said.get("cached", 0)
        written = written or said.get("cache_written", 0)
        stated = said.get("total")
        if fresh >= read + written and not (stated and fresh == stated - read - written):
            fresh -= read + written
    short = "cache_write_30m_tokens" if model.startswith("openai.") else "cache_write_5m_tokens"
    long = min(said.get("1h", 0), written)
    if not said.get("is_split") and short == "cache_write_5m_tokens" and _asks_for_an_hour(record):
        long = written
    return {
        "input_tokens": fresh,
        "output_tokens": _first(answered.get("outputTokenCount")),
        "cache_read_tokens": read,
        short: written - long,
        "cache_write_1h_tokens": long,
    }


def _is_inclusive(record: Mapping[str, Any], model: str) -> bool:
    """Return whether an API counts cached tokens as input, as OpenAI's does."""
    operation = str(record.get("operation"))
    return operation in OPENAI_APIS or (
        operation.startswith("InvokeModel") and model.startswith("openai.")
    )


def _asks_for_an_hour(record: Mapping[str, Any]) -> bool:
    """Return whether all cache points of the request say one hour, and there are any."""
    lives = set(_lives(mapped(request_of(record))))
    return lives == {"1h"}


def _lives(request: dict[str, Any]) -> Iterator[Any]:
    tools = mapped(request.get("toolConfig")).get("tools")
    blocks = [request]
    for several in (request.get("system"), request.get("messages"), request.get("tools"), tools):
        blocks += listed(several)
    for block in blocks:
        if not isinstance(block, dict):
            continue
        for name in ("cachePoint", "cache_control"):
            if isinstance(block.get(name), dict):
                yield block[name].get("ttl")
        blocks += listed(block.get("content"))


def _guardrail_units(record: Mapping[str, Any]) -> Quantities:
    """Add up the units in the assessments of input and output."""
    units: Quantities = {}
    for event in events_of(response_of(record)):
        for name in ("trace", "amazon-bedrock-trace"):
            for usage in _expected(mapped(event.get(name)).get("guardrail")):
                for word, count in usage.items():
                    if word in GUARDRAIL_KINDS and type(count) is int:
                        kind = GUARDRAIL_KINDS[word]
                        units[kind] = units.get(kind, 0) + count
    return units


def _expected(part: Any) -> Iterator[dict[str, Any]]:
    """Find the usage of every assessment, however they are wrapped."""
    if isinstance(part, list):
        for one in part:
            yield from _expected(one)
    elif isinstance(part, dict):
        metrics = mapped(part.get("invocationMetrics"))
        if "usage" in metrics:
            yield mapped(metrics["usage"])
        else:
            for one in part.values():
                yield from _expected(one)


def _without_zeros(usage: Quantities) -> Quantities:
    return {kind: quantity for kind, quantity in usage.items() if quantity}


def _first(*counts: int | None) -> int:
    return next((count for count in counts if count is not None), 0)


def _usage_in(body: Any) -> Quantities:
    """Find the cache counts in a response, in whichever shape it has; the first of each."""
    found: Quantities = {}
    for message in messages_of(body):
        usage = message.get("usage")
        if isinstance(usage, dict):
            for name, count in _counts_in(usage).items():
                found.setdefault(name, count)
    return found


def _counts_in(usage: Mapping[str, Any]) -> Quantities:
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    read = ("cacheReadInputTokens", "cacheReadInputTokenCount", "cache_read_input_tokens")
    written = ("cacheWriteInputTokens", "cacheWriteInputTokenCount", "cache_creation_input_tokens")
    long = _long_lived(usage)
    counts = {
        "read": _named(usage, *read),
        "written": _named(usage, *written),
        "1h": long,
        "is_split": None if long is None else 1,
        "cached": details.get("cached_tokens"),
        "cache_written": details.get("cache_write_tokens"),
        "total": _named(usage, "input_tokens", "prompt_tokens"),
    }
    return {name: count for name, count in counts.items() if count is not None}


def _long_lived(usage: Mapping[str, Any]) -> int | None:
    """Return the tokens written for an hour; None when the usage does not part writes at all."""
    details = usage.get("cacheDetails")
    if details:
        return sum(part["inputTokens"] for part in details if part["ttl"] == "1h")
    made = mapped(usage.get("cache_creation"))
    parts = [made.get(f"ephemeral_{life}_input_tokens") or 0 for life in ("5m", "1h")]
    return parts[1] if any(parts) else None


def _named(usage: Mapping[str, Any], *names: str) -> int | None:
    return next((usage[name] for name in names if usage.get(name) is not None), None)
