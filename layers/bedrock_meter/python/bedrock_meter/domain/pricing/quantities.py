"""Usage as a person states it, turned into kinds: from a closed list, all else is refused.

Beside the kinds themselves: OpenAI's inclusive token counts, the size and quality of pictures,
documents to rerank, guardrail policies, and what commitments are made of (copies, model units,
thousands of tokens per minute, each for so long).
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from bedrock_meter.domain.pricing.resolution import is_resolution
from bedrock_meter.domain.records.usage import (
    CACHE_READ_TOKENS,
    INPUT_TOKENS,
    KINDS,
    MOST_QUANTITY,
    OUTPUT_IMAGES,
    OUTPUT_VIDEO_SECONDS,
    SEARCH_UNITS,
    UNIT_OF,
    qualified,
    search_units_for,
)

DISJOINT, INCLUSIVE = "bedrock_disjoint", "openai_inclusive"
MINUTES_PER_WINDOW = 5

_QUALIFIED = (OUTPUT_IMAGES, OUTPUT_VIDEO_SECONDS)

# The names people use for the policies of a guardrail.
_NAMES_OF = {
    "content": ("content_filter", "content_filters"),
    "topic": ("topics", "denied_topics"),
    "word": ("words", "word_filter", "word_filters"),
    "sensitive_information": ("pii",),
    "sensitive_information_regex_free": ("sensitive_information_regex", "regex"),
    "contextual_grounding": (),
    "automated_reasoning": (),
}
_POLICIES = {name: policy for policy, names in _NAMES_OF.items() for name in (policy, *names)}
_CHECKS = {
    "content_filter_units": "invoke_guardrail_checks_content_filter",
    "prompt_attack_units": "invoke_guardrail_checks_prompt_attack",
    "sensitive_information_units": "invoke_guardrail_checks_sensitive_information",
}
_INPUTS = frozenset(
    (
        *("input_tokens_total", "cached_tokens", "resolution", "quality", "rerank_documents"),
        *("policies", "text_units_per_policy", "characters", *_CHECKS),
        *("cmu_per_copy", "copies", "active_5min_windows"),
        *("model_units", "hours", "input_ktpm", "output_ktpm"),
    )
)


class BadUsage(ValueError):
    """Usage that cannot be understood; the message names the key and what would be right."""


def usage_of(
    stated: Mapping[str, object], convention: str | None = None
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the kinds that quantities stand for, and what was assumed about them."""
    for key in stated:
        if key not in KINDS and key not in _INPUTS:
            raise BadUsage(_unknown(key))
    if convention not in (None, DISJOINT, INCLUSIVE):
        raise BadUsage(f"usage_convention: {convention!r} is neither {DISJOINT} nor {INCLUSIVE}")
    if convention == DISJOINT and "input_tokens_total" in stated:
        raise BadUsage(f"usage.input_tokens_total: counts cached tokens too, against {DISJOINT}")
    usage = {kind: _count(stated, kind) for kind in stated if kind in KINDS}
    for part in (_inclusive, _rerank, _guardrail, _checks, _imported, _committed):
        for kind, quantity in part(stated).items():
            if kind in usage:
                raise BadUsage(f"usage.{kind}: stated twice, once through another input")
            usage[kind] = quantity
    assumed = ("rerank_documents_up_to_512_tokens",) if "rerank_documents" in stated else ()
    return _with_qualifiers(usage, stated), assumed


def _unknown(key: str) -> str:
    near = get_close_matches(key.casefold(), (*sorted(KINDS), *sorted(_INPUTS)), 2)
    meant = f"did you mean {' or '.join(near)}? " if near else ""
    return f"usage.{key}: unknown kind of usage; {meant}the kinds are {', '.join(UNIT_OF)}"


def _with_qualifiers(usage: dict[str, int], stated: Mapping[str, object]) -> dict[str, int]:
    resolution, quality = _word(stated, "resolution"), _word(stated, "quality")
    if resolution and not is_resolution(resolution):
        raise BadUsage(f"usage.resolution: {resolution!r} (such as 1024x1024 or 720p)")
    return {
        qualified(kind, resolution, quality) if kind in _QUALIFIED else kind: quantity
        for kind, quantity in usage.items()
    }


def _inclusive(stated: Mapping[str, object]) -> dict[str, int]:
    if "input_tokens_total" not in stated:
        return _alone(stated, ("cached_tokens",), "input_tokens_total")
    total = _count(stated, "input_tokens_total")
    cached = _count(stated, "cached_tokens") if "cached_tokens" in stated else 0
    if cached > total:
        raise BadUsage(f"usage.cached_tokens: {cached} of {total} input tokens in total")
    return {INPUT_TOKENS: total - cached, CACHE_READ_TOKENS: cached}


def _rerank(stated: Mapping[str, object]) -> dict[str, int]:
    if "rerank_documents" not in stated:
        return {}
    return {SEARCH_UNITS: search_units_for(_count(stated, "rerank_documents"))}


def _guardrail(stated: Mapping[str, object]) -> dict[str, int]:
    if "policies" not in stated:
        return _alone(stated, ("text_units_per_policy",), "policies")
    policies = stated["policies"]
    units = _count(_needed(stated, "text_units_per_policy", "policies"), "text_units_per_policy")
    if not isinstance(policies, list):
        raise BadUsage("usage.policies: a list of policies such as ['content', 'topic']")
    usage: dict[str, int] = {}
    for policy in policies:
        if not isinstance(policy, str) or policy.removesuffix("_policy") not in _POLICIES:
            raise BadUsage(f"usage.policies: {policy!r} is none of {', '.join(_POLICIES)}")
        kind = f"guardrail_{_POLICIES[policy.removesuffix('_policy')]}_text_units"
        if kind in usage:
            raise BadUsage(f"usage.policies: {policy!r} is stated twice")
        usage[kind] = units
    return usage


def _checks(stated: Mapping[str, object]) -> dict[str, int]:
    return {kind: _count(stated, key) for key, kind in _CHECKS.items() if key in stated}


def _imported(stated: Mapping[str, object]) -> dict[str, int]:
    factors = ("cmu_per_copy", "copies", "active_5min_windows")
    if not any(key in stated for key in factors):
        return {}
    minutes = MINUTES_PER_WINDOW
    for key in factors:
        minutes *= _count(_needed(stated, key, "the other two of cmu_per_copy, copies"), key)
    return {"cmu_minutes": minutes}


def _committed(stated: Mapping[str, object]) -> dict[str, int]:
    bought = {
        "model_units": "provisioned_model_unit_hours",
        "input_ktpm": "reserved_input_ktpm_hours",
        "output_ktpm": "reserved_output_ktpm_hours",
    }
    usage = {kind: _count(stated, key) for key, kind in bought.items() if key in stated}
    if not usage:
        return _alone(stated, ("hours",), "model_units, input_ktpm or output_ktpm")
    hours = _count(_needed(stated, "hours", "what was bought by the hour"), "hours")
    return {kind: quantity * hours for kind, quantity in usage.items()}


def _alone(stated: Mapping[str, object], keys: tuple[str, ...], partner: str) -> dict[str, int]:
    for key in keys:
        if key in stated:
            raise BadUsage(f"usage.{key}: means something only beside {partner}")
    return {}


def _needed(stated: Mapping[str, object], key: str, beside: str) -> Mapping[str, object]:
    if key not in stated:
        raise BadUsage(f"usage.{key}: is needed beside {beside}")
    return stated


def _count(stated: Mapping[str, object], key: str) -> int:
    value = stated[key]
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadUsage(f"usage.{key}: {_shown(value)} is not a whole number")
    if not 0 <= value <= MOST_QUANTITY:
        raise BadUsage(f"usage.{key}: {value} is not between 0 and {MOST_QUANTITY}")
    return value


def _shown(value: object) -> str:
    return repr(value) if isinstance(value, str) else str(value)


def _word(stated: Mapping[str, object], key: str) -> str:
    value = stated.get(key, "")
    if not isinstance(value, str) or "/" in value:
        raise BadUsage(f"usage.{key}: {value!r} is not a word")
    return value
