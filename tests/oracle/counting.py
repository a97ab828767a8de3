"""From a record to quantities by kind, and what its counts mean for the price."""

from collections.abc import Mapping
from typing import Any

OPENAI_APIS = ("Responses", "ChatCompletions")
IMAGE_MODELS = ("amazon.nova-canvas", "amazon.titan-image-generator")
GUARDRAIL_KINDS = {
    "topicPolicyUnits": "guardrail_topic_text_units",
    "contentPolicyUnits": "guardrail_content_text_units",
    "wordPolicyUnits": "guardrail_word_text_units",
    "sensitiveInformationPolicyUnits": "guardrail_sensitive_information_text_units",
}
Quantities = dict[str, int]


def usage_of(record: Mapping[str, Any], model: str) -> Quantities:
    """Give the quantities of a record by kind, zeros left out; `model` is its bare model id.

    The record's own counts come first. The body tells only how long cache writes live, and the
    cache counts of records that carry none. A failed call used nothing.
    """
    if record.get("errorCode"):
        return {}
    usage = _tokens(record, model)
    if is_image_model(model):
        usage |= _images(record)
    usage |= _guardrail_units(record)
    return {kind: quantity for kind, quantity in usage.items() if quantity}


def is_image_model(model: str) -> bool:
    """Tell whether a model is billed by images."""
    return model.startswith(IMAGE_MODELS)


def has_counts(record: Mapping[str, Any]) -> bool:
    """Tell whether the record states any count, be it zero."""
    asked, answered = record.get("input") or {}, record.get("output") or {}
    return asked.get("inputTokenCount") is not None or answered.get("outputTokenCount") is not None


def was_blocked(record: Mapping[str, Any]) -> bool:
    """Tell whether a guardrail stopped the call."""
    body = _response(record)
    return isinstance(body, dict) and (
        body.get("stopReason") == "guardrail_intervened"
        or body.get("amazon-bedrock-guardrailAction") == "INTERVENED"
    )


def tier_of(record: Mapping[str, Any]) -> str:
    """Name the service tier that served the call, where Converse says so."""
    body = _response(record)
    if not str(record.get("operation")).startswith("Converse") or not isinstance(body, dict):
        return "standard"
    tier = (body.get("serviceTier") or {}).get("type", "standard")
    fast = (body.get("performanceConfig") or {}).get("latency") == "optimized"
    if tier not in ("standard", "default"):
        return str(tier)
    return "latency_optimized" if fast else "standard"


def _tokens(record: Mapping[str, Any], model: str) -> Quantities:
    asked, answered = record.get("input") or {}, record.get("output") or {}
    said = _usage_in(_response(record))
    read = _first(asked.get("cacheReadInputTokenCount"), said.get("read"))
    written = _first(asked.get("cacheWriteInputTokenCount"), said.get("written"))
    fresh = _first(asked.get("inputTokenCount"))
    if record.get("operation") in OPENAI_APIS:
        read = read or said.get("cached", 0)
        fresh -= read + written
    long = min(said.get("1h", 0), written)
    short = "cache_write_30m_tokens" if model.startswith("openai.") else "cache_write_5m_tokens"
    return {
        "input_tokens": fresh,
        "output_tokens": _first(answered.get("outputTokenCount")),
        "cache_read_tokens": read,
        short: written - long,
        "cache_write_1h_tokens": long,
    }


def _images(record: Mapping[str, Any]) -> Quantities:
    """Count images as the response shows them, else as the request asked for them."""
    request = (record.get("input") or {}).get("inputBodyJson")
    response = _response(record)
    config = (request or {}).get("imageGenerationConfig") or {}
    if isinstance(response, dict) and "images" in response:
        made = len(response["images"])
    elif request is not None:
        made = config.get("numberOfImages", 1)
    else:
        return {}
    size = f"{config.get('width', 1024)}x{config.get('height', 1024)}"
    return {f"output_images/{size}/{config.get('quality', 'standard')}": made}


def _guardrail_units(record: Mapping[str, Any]) -> Quantities:
    """Add up the units in the assessments of input and output."""
    body, units = _response(record), {}
    trace = (body.get("trace") or {}).get("guardrail") if isinstance(body, dict) else None
    for assessments in (trace or {}).values():
        for assessment in assessments.values():
            for name, count in assessment["invocationMetrics"]["usage"].items():
                kind = GUARDRAIL_KINDS[name]
                units[kind] = units.get(kind, 0) + count
    return units


def _response(record: Mapping[str, Any]) -> Any:
    return (record.get("output") or {}).get("outputBodyJson")


def _first(*counts: int | None) -> int:
    return next((count for count in counts if count is not None), 0)


def _usage_in(body: Any) -> Quantities:
    """Find the cache counts in a response body, in whichever shape it has."""
    if isinstance(body, list):
        starts = (chunk.get("message") for chunk in body if isinstance(chunk, dict))
        body = next((start for start in starts if start), None)
    usage = body.get("usage") if isinstance(body, dict) else None
    if not isinstance(usage, dict):
        return {}
    details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    found = {
        "read": _named(
            usage,
            "cacheReadInputTokens",
            "cacheReadInputTokenCount",
            "cache_read_input_tokens",
        ),
        "written": _named(
            usage,
            "cacheWriteInputTokens",
            "cacheWriteInputTokenCount",
            "cache_creation_input_tokens",
        ),
        "1h": _long_lived(usage),
        "cached": details.get("cached_tokens"),
    }
    return {name: count for name, count in found.items() if count is not None}


def _long_lived(usage: Mapping[str, Any]) -> int | None:
    details = usage.get("cacheDetails")
    if details:
        return sum(part["inputTokens"] for part in details if part["ttl"] == "1h")
    made: int | None = (usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens")
    return made


def _named(usage: Mapping[str, Any], *names: str) -> int | None:
    return next((usage[name] for name in names if usage.get(name) is not None), None)
