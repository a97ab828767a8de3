"""Guardrails in a record: whether one intervened, and the units it was billed for.

Units stand in the trace, which is logged when the caller asked for it or a guardrail intervened.
"""

from collections.abc import Iterator
from typing import Any

from bedrock_meter.logs.records import (
    INTERVENED,
    MOST_COUNT,
    NOTHING,
    Body,
    Event,
    Record,
    readable,
)

_KIND_OF = {
    "topicPolicyUnits": "guardrail_topic_text_units",
    "contentPolicyUnits": "guardrail_content_text_units",
    "contentPolicyImageUnits": "guardrail_content_image_units",
    "wordPolicyUnits": "guardrail_word_text_units",
    "sensitiveInformationPolicyUnits": "guardrail_sensitive_information_text_units",
    "sensitiveInformationPolicyFreeUnits": "guardrail_sensitive_information_regex_free_text_units",
    "contextualGroundingPolicyUnits": "guardrail_contextual_grounding_text_units",
    "automatedReasoningPolicyUnits": "guardrail_automated_reasoning_text_units",
}
_INTERVENED = "guardrail_intervened"
# An assessment may be wrapped in lists and in objects by guardrail id; nothing real goes deeper.
_DEEPEST = 6


def intervened(record: Record) -> bool:
    """Return whether a guardrail stopped the call, so that the model's own tokens may be zero."""
    for part in _parts(record):
        if part.guardrail == INTERVENED:
            return True
        if isinstance(part, Body) and part.stopReason == _INTERVENED:
            return True
    return False


def guardrail_units(record: Record) -> dict[str, int]:
    """Add up the units of every assessment, of input and output, by usage kind."""
    units: dict[str, int] = {}
    for part in _parts(record):
        for trace in (part.invoke_trace, part.trace if isinstance(part, Body) else NOTHING):
            found = readable(trace, dict[str, Any]) or {}
            for usage in _usages(found.get("guardrail"), _DEEPEST):
                _add(units, usage)
    return units


def router_model(record: Record) -> str | None:
    """Return the model that a prompt router chose."""
    for part in _parts(record):
        if not isinstance(part, Body) or part.trace is NOTHING:
            continue
        router = (readable(part.trace, dict[str, Any]) or {}).get("promptRouter")
        if isinstance(router, dict) and isinstance(router.get("invokedModelId"), str):
            return str(router["invokedModelId"])
    return None


def _parts(record: Record) -> Iterator[Body | Event]:
    body = record.output.outputBodyJson if record.output else None
    if isinstance(body, Body):
        yield body
    elif isinstance(body, list):
        yield from (event for event in body if isinstance(event, Event))


def _usages(part: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Find `invocationMetrics.usage` in every assessment, however they are wrapped."""
    if depth == 0:
        return
    if isinstance(part, list):
        for one in part:
            yield from _usages(one, depth - 1)
    elif isinstance(part, dict):
        metrics = part.get("invocationMetrics")
        if isinstance(metrics, dict) and isinstance(metrics.get("usage"), dict):
            yield metrics["usage"]
        else:
            for one in part.values():
                yield from _usages(one, depth - 1)


def _add(units: dict[str, int], usage: dict[str, Any]) -> None:
    for name, kind in _KIND_OF.items():
        count = usage.get(name)
        if type(count) is int and 0 < count <= MOST_COUNT:
            units[kind] = units.get(kind, 0) + count
