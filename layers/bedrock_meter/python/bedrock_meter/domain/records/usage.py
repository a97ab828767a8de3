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

# Every kind, and the unit its quantity counts.
UNIT_OF: Mapping[str, str] = {
    INPUT_TOKENS: "token",
    OUTPUT_TOKENS: "token",
    CACHE_READ_TOKENS: "token",
    CACHE_WRITE_5M_TOKENS: "token",
    CACHE_WRITE_30M_TOKENS: "token",
    CACHE_WRITE_1H_TOKENS: "token",
    INPUT_TEXT_TOKENS: "token",
    OUTPUT_TEXT_TOKENS: "token",
    INPUT_SPEECH_TOKENS: "token",
    OUTPUT_SPEECH_TOKENS: "token",
    INPUT_IMAGES: "image",
    INPUT_IMAGES_STANDARD: "image",
    INPUT_IMAGES_DOCUMENT: "image",
    OUTPUT_IMAGES: "image",
    INPUT_VIDEO_SECONDS: "second",
    OUTPUT_VIDEO_SECONDS: "second",
    INPUT_AUDIO_SECONDS: "second",
    SEARCH_UNITS: "query",
    "text_requests": "request",
    "guardrail_content_text_units": "text unit",
    "guardrail_topic_text_units": "text unit",
    "guardrail_sensitive_information_text_units": "text unit",
    "guardrail_sensitive_information_regex_free_text_units": "text unit",
    "guardrail_word_text_units": "text unit",
    "guardrail_contextual_grounding_text_units": "text unit",
    "guardrail_automated_reasoning_text_units": "text unit",
    "guardrail_content_image_units": "image",
    "invoke_guardrail_checks_content_filter": "text unit",
    "invoke_guardrail_checks_prompt_attack": "text unit",
    "invoke_guardrail_checks_sensitive_information": "text unit",
    "cmu_minutes": "CMU minute",
    "cmu_minutes_v2": "CMU minute",
    "storage_cmu_month": "CMU month",
    "provisioned_model_unit_hours": "model unit hour",
    "reserved_input_ktpm_hours": "1K TPM hour",
    "reserved_output_ktpm_hours": "1K TPM hour",
    GROUNDING_REQUESTS: "request",
    "search_requests": "request",
    "retrieve_requests": "request",
    "agentic_retrieve_requests": "request",
    "index_gb_months": "GB month",
    "routed_requests": "request",
}
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
    """The usage key of a kind with its qualifiers: `output_images/1024x1024/premium`.

    Without qualifiers it is the kind itself. Trailing empty parts are left out.
    """
    return f"{kind}/{resolution}/{quality}".rstrip("/")


def kind_of(key: str) -> str:
    """The kind of a usage key, without its qualifiers."""
    return key.partition("/")[0]


def qualifiers_of(key: str) -> Qualifiers:
    """The qualifiers of a usage key; empty where it names none."""
    _, _, rest = key.partition("/")
    resolution, _, quality = rest.partition("/")
    return Qualifiers(resolution, quality)


def context_of(usage: Usage) -> int:
    """All input tokens of one call, cached ones included: what the context threshold looks at."""
    count = usage.get  # Spelled out: this runs once per record.
    return (
        count(INPUT_TOKENS, 0)
        + count(CACHE_READ_TOKENS, 0)
        + count(CACHE_WRITE_5M_TOKENS, 0)
        + count(CACHE_WRITE_30M_TOKENS, 0)
        + count(CACHE_WRITE_1H_TOKENS, 0)
    )


def search_units_for(documents: int) -> int:
    """Rerank queries billed for so many documents: one per 100, begun ones whole."""
    return -(-documents // DOCUMENTS_PER_SEARCH_UNIT)


def cache_write_kind_for(model_key: str) -> tuple[str, str | None]:
    """The kind of cache writes whose TTL is not known, and the assumption that it takes.

    A family with a single TTL has that one, which assumes nothing; any other is taken as 5m.
    """
    if model_key.startswith("openai."):
        return CACHE_WRITE_30M_TOKENS, None
    return CACHE_WRITE_5M_TOKENS, "cache_ttl_5m"
