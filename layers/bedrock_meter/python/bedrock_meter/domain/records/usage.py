"""Usage: quantities by kind. Kinds are disjoint: no token is counted under two of them.

`Usage` maps a kind to a whole quantity. Where the price depends on more than the kind (the size
and quality of an image, the resolution of a video), the key carries it: `qualified` writes such
a key, `kind_of` and `qualifiers_of` read it. Quantities under one key always add up.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Usage = Mapping[str, int]

INPUT_TOKENS = "input_tokens"  # Never includes cached tokens, whatever the API's own convention.
OUTPUT_TOKENS = "output_tokens"
CACHE_READ_TOKENS = "cache_read_tokens"
CACHE_WRITE_5M_TOKENS = "cache_write_5m_tokens"
CACHE_WRITE_30M_TOKENS = "cache_write_30m_tokens"
CACHE_WRITE_1H_TOKENS = "cache_write_1h_tokens"
INPUT_TEXT_TOKENS = "input_text_tokens"
OUTPUT_TEXT_TOKENS = "output_text_tokens"
INPUT_SPEECH_TOKENS = "input_speech_tokens"
OUTPUT_SPEECH_TOKENS = "output_speech_tokens"
INPUT_IMAGES = "input_images"
INPUT_IMAGES_STANDARD = "input_images_standard"
INPUT_IMAGES_DOCUMENT = "input_images_document"
OUTPUT_IMAGES = "output_images"
INPUT_VIDEO_SECONDS = "input_video_seconds"
OUTPUT_VIDEO_SECONDS = "output_video_seconds"
INPUT_AUDIO_SECONDS = "input_audio_seconds"
SEARCH_UNITS = "search_units"
GROUNDING_REQUESTS = "grounding_requests"

DOCUMENTS_PER_SEARCH_UNIT = 100

_KINDS_OF = {
    "token": (
        *(INPUT_TOKENS, OUTPUT_TOKENS, INPUT_TEXT_TOKENS, OUTPUT_TEXT_TOKENS),
        *(CACHE_READ_TOKENS, CACHE_WRITE_5M_TOKENS, CACHE_WRITE_30M_TOKENS, CACHE_WRITE_1H_TOKENS),
        *(INPUT_SPEECH_TOKENS, OUTPUT_SPEECH_TOKENS),
    ),
    "image": (
        *(INPUT_IMAGES, INPUT_IMAGES_STANDARD, INPUT_IMAGES_DOCUMENT, OUTPUT_IMAGES),
        "guardrail_content_image_units",
    ),
    "second": (INPUT_VIDEO_SECONDS, OUTPUT_VIDEO_SECONDS, INPUT_AUDIO_SECONDS),
    "query": (SEARCH_UNITS,),
    "text unit": (
        *("guardrail_content_text_units", "guardrail_topic_text_units"),
        "guardrail_sensitive_information_text_units",
        "guardrail_sensitive_information_regex_free_text_units",
        *("guardrail_word_text_units", "guardrail_contextual_grounding_text_units"),
        "guardrail_automated_reasoning_text_units",
        "invoke_guardrail_checks_content_filter",
        "invoke_guardrail_checks_prompt_attack",
        "invoke_guardrail_checks_sensitive_information",
    ),
    "request": (
        *("text_requests", GROUNDING_REQUESTS, "search_requests", "routed_requests"),
        *("retrieve_requests", "agentic_retrieve_requests"),
    ),
    "CMU minute": ("cmu_minutes", "cmu_minutes_v2"),
    "CMU month": ("storage_cmu_month",),
    "model unit hour": ("provisioned_model_unit_hours",),
    "1K TPM hour": ("reserved_input_ktpm_hours", "reserved_output_ktpm_hours"),
    "GB month": ("index_gb_months",),
}
UNIT_OF: Mapping[str, str] = {kind: unit for unit, kinds in _KINDS_OF.items() for kind in kinds}
"""Every kind, and the unit its quantity counts."""
KINDS = frozenset(UNIT_OF)

# Kinds that a service beside the model sells, and the name its rates stand under. They may occur
# in a record of any model, at the standard service tier whatever the model's own is.
SERVICE_OF: Mapping[str, str] = {
    **{kind: "guardrail" for kind in UNIT_OF if kind.startswith("guardrail_")},
    **{kind: "guardrail_checks" for kind in UNIT_OF if kind.startswith("invoke_guardrail_checks_")},
    GROUNDING_REQUESTS: "nova_web_grounding",
    "search_requests": "bedrock_web_search",
    "routed_requests": "prompt_router",
}

MOST_QUANTITY = 10**12


class Qualifiers(NamedTuple):
    """What a price may depend on beside the kind; empty = not known."""

    resolution: str = ""  # "1024x1024" (width x height), "720p"
    quality: str = ""  # "standard", "premium"


def qualified(kind: str, resolution: str = "", quality: str = "") -> str:
    """Return the usage key of a kind with qualifiers: `output_images/1024x1024/premium`.

    Without qualifiers it is the kind itself. Trailing empty parts are left out.
    """
    return f"{kind}/{resolution}/{quality}".rstrip("/")


def kind_of(key: str) -> str:
    """Return the kind of a usage key, without its qualifiers."""
    return key.partition("/")[0]


def qualifiers_of(key: str) -> Qualifiers:
    """Return the qualifiers of a usage key; empty where it names none."""
    _, _, rest = key.partition("/")
    resolution, _, quality = rest.partition("/")
    return Qualifiers(resolution, quality)


def context_of(usage: Usage) -> int:
    """Return all input tokens of a call, cached ones too: what the context threshold looks at."""
    count = usage.get  # Spelled out: this runs once per record.
    return (
        count(INPUT_TOKENS, 0)
        + count(CACHE_READ_TOKENS, 0)
        + count(CACHE_WRITE_5M_TOKENS, 0)
        + count(CACHE_WRITE_30M_TOKENS, 0)
        + count(CACHE_WRITE_1H_TOKENS, 0)
    )


def search_units_for(documents: int) -> int:
    """Return the rerank queries billed for so many documents: one per 100, begun ones whole."""
    return -(-documents // DOCUMENTS_PER_SEARCH_UNIT)


def cache_write_kind_for(model_key: str) -> tuple[str, str | None]:
    """Return the kind of cache writes whose TTL is not known, and the assumption it takes.

    A family with a single TTL has that one, which assumes nothing; any other is taken as 5m.
    """
    if model_key.startswith("openai."):
        return CACHE_WRITE_30M_TOKENS, None
    return CACHE_WRITE_5M_TOKENS, "cache_ttl_5m"
