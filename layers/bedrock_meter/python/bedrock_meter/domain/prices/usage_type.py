"""What AWS's names of usage mean: closed grammars, nothing derived, nothing guessed.

There are three: the native usage types (`USE1-NovaLite-input-tokens-batch`), and two of AWS
Marketplace, in usage types (`USE1-MP:USE1_InputTokenCount_Global-Units`) and in the rate cards of
agreement offers (`USE1_input_tokens_global_standard`). A name that none of them covers is
unparsed; if it looks like tokens, the refresh stops.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from bedrock_meter.domain.pricing.price_book import STANDARD
from bedrock_meter.domain.records import usage as kinds


class Meaning(NamedTuple):
    """What a name is for. `name` is AWS's own name of the model; empty if there is none in it."""

    kind: str
    tier: str = STANDARD
    name: str = ""
    prefix: str = ""  # Of the Region, such as USE1.
    worldwide: bool = False
    above: bool = False  # The high context band.
    resolution: str = ""
    quality: str = ""
    mantle: bool = False
    stale: bool = False  # Left on the card; the current one counts, if there is one.


class Skipped(NamedTuple):
    """A name that is understood but is not on-demand inference, and why not."""

    why: str


_PREFIX = r"(?P<prefix>[A-Z]{2,4}[0-9]?)"
_TIER = r"(?:[-_](?P<tier>standard|batch|flex|priority|latency-optimized))?"
_NATIVE_KINDS = {
    "input-tokens": kinds.INPUT_TOKENS,
    "input-token-count": kinds.INPUT_TOKENS,
    "input": kinds.INPUT_TOKENS,
    "output-tokens": kinds.OUTPUT_TOKENS,
    "output-token-count": kinds.OUTPUT_TOKENS,
    "output": kinds.OUTPUT_TOKENS,
    "cache-read-input-token-count": kinds.CACHE_READ_TOKENS,
    "cache-read-tokens": kinds.CACHE_READ_TOKENS,
    "cache-write-input-token-count": kinds.CACHE_WRITE_5M_TOKENS,
    "cache-write-tokens": kinds.CACHE_WRITE_5M_TOKENS,
    "cache-write-1h-input-token-count": kinds.CACHE_WRITE_1H_TOKENS,
    "cache-write-tokens-1h": kinds.CACHE_WRITE_1H_TOKENS,
    "input-standard-image": kinds.INPUT_IMAGES_STANDARD,
    "input-document-image": kinds.INPUT_IMAGES_DOCUMENT,
    "input-audio-second": kinds.INPUT_AUDIO_SECONDS,
    "input-video-second": kinds.INPUT_VIDEO_SECONDS,
    "nova-grounding": "grounding_requests",
}
_MARKET_KINDS = {
    "InputTokenCount": kinds.INPUT_TOKENS,
    "OutputTokenCount": kinds.OUTPUT_TOKENS,
    "CacheReadInputTokenCount": kinds.CACHE_READ_TOKENS,
    "CacheWriteInputTokenCount": kinds.CACHE_WRITE_5M_TOKENS,
    "CacheWrite1hInputTokenCount": kinds.CACHE_WRITE_1H_TOKENS,
    "InputImageCount": kinds.INPUT_IMAGES,
    "MillionInputTokens": kinds.INPUT_TOKENS,
    "MillionOutputTokens": kinds.OUTPUT_TOKENS,
    "MillionBatchInputTokens": kinds.INPUT_TOKENS,
    "MillionBatchOutputTokens": kinds.OUTPUT_TOKENS,
    "input_tokens": kinds.INPUT_TOKENS,
    "output_tokens": kinds.OUTPUT_TOKENS,
    "cache_read_tokens": kinds.CACHE_READ_TOKENS,
    "cached_input_tokens": kinds.CACHE_READ_TOKENS,
    "cache_write_tokens": kinds.CACHE_WRITE_5M_TOKENS,
    "cache_writes_tokens": kinds.CACHE_WRITE_30M_TOKENS,
    "cache_write_tokens_5m": kinds.CACHE_WRITE_5M_TOKENS,
    "cache_write_tokens_30m": kinds.CACHE_WRITE_30M_TOKENS,
    "cache_write_tokens_1h": kinds.CACHE_WRITE_1H_TOKENS,
    "search_units": kinds.SEARCH_UNITS,
}
_STALE = ("cached_input_tokens", "cache_writes_tokens")
_GUARDRAIL = {
    "ContentPolicy": "guardrail_content_text_units",
    "TopicPolicy": "guardrail_topic_text_units",
    "WordPolicy": "guardrail_word_text_units",
    "SensitiveInformationPolicyPaid": "guardrail_sensitive_information_text_units",
    "SensitiveInformationPolicyFree": "guardrail_sensitive_information_regex_free_text_units",
    "ContextualGroundingPolicy": "guardrail_contextual_grounding_text_units",
    "AutomatedReasoningPolicy": "guardrail_automated_reasoning_text_units",
    "ContentPolicyImage": "guardrail_content_image_units",
}
_CHECKS = {
    "ContentFilterCheck": "invoke_guardrail_checks_content_filter",
    "PromptAttackCheck": "invoke_guardrail_checks_prompt_attack",
    "SensitiveInformationCheck": "invoke_guardrail_checks_sensitive_information",
}


def _words(table: dict[str, str]) -> str:
    return "|".join(sorted(map(re.escape, table), key=len, reverse=True))


_NATIVE = re.compile(
    rf"{_PREFIX}-(?P<name>.+?)(?P<mantle>-mantle)?-(?P<kind>{_words(_NATIVE_KINDS)})"
    rf"(?P<first>-global|-cross-region-global)?{_TIER}(?P<last>-cross-region-global)?"
)
_MARKET = re.compile(
    rf"(?:{_PREFIX}_)?(?P<kind>{_words(_MARKET_KINDS)})(?P<long>_LCtx|_long_ctx)?"
    rf"(?P<scope>_Global|_global|_Geo|_geo)?(?P<old>_Batch)?{_TIER}"
)
_MARKET_NAME = re.compile(r"[A-Z]{2,4}[0-9]?-MP:(?P<dimension>.+?)(?:-Units)?")
_RESERVED = re.compile(
    rf"{_PREFIX}-(?P<name>.+?)-reserved-(?P<months>[136])-month-(?P<side>input|output)"
    r"-tokens-per-minute(?P<scope>-cross-region-global)?"
)
_MARKET_RESERVED = re.compile(
    rf"(?:{_PREFIX}_)?Reserved_(?P<months>[136])Month_(?P<side>Input|Output)TPM"
    r"(?P<scope>_Geo|_Global)?"
)
_PICTURE = re.compile(
    rf"{_PREFIX}-(?P<name>.+)-(?:T2I|I2I)-(?P<side>512|1024|2048)-(?P<quality>Standard|Premium)"
)
_VIDEO = re.compile(rf"{_PREFIX}-(?P<name>NovaReel)-T2V-Medfps-HDRes")
_CREATED = re.compile(rf"(?:{_PREFIX}_)?created_image(?:_[a-z0-9_]+)?")
_GUARDED = re.compile(rf"{_PREFIX}-Guardrail-(?P<policy>{_words(_GUARDRAIL)})UnitsConsumed")
_CHECKED = re.compile(rf"{_PREFIX}-GuardrailChecks-(?P<check>{_words(_CHECKS)})UnitsConsumed")

# What is sold beside on-demand inference. Only these words tell a fine-tuned model, which is
# another product, from its base model.
_OTHER_PRODUCTS = (
    ("-custom-model", "a customised model on demand"),
    ("ProvisionedThroughput", "provisioned throughput, by the hour"),
    ("-Training-Hours", "training"),
    ("-Customization-Training", "training"),
    ("-Customization-Storage", "storage of a customised model"),
    ("-image-token-count", "tokens of pictures, which the logs do not count separately"),
)


def meaning_of(usage_type: str) -> Meaning | Skipped | None:
    """Return what a usage type or a dimension of a rate card is for; None if it is unparsed."""
    for words, why in _OTHER_PRODUCTS:
        if words in usage_type:
            return Skipped(why)
    if match := _MARKET_NAME.fullmatch(usage_type):
        return _market(match["dimension"])
    return _native(usage_type) or _market(usage_type)


def looks_like_tokens(usage_type: str) -> bool:
    """Return whether an unparsed name may be a price of tokens; it then stops the refresh."""
    lowered = usage_type.lower()
    return "token" in lowered or "tpm" in lowered


def _native(text: str) -> Meaning | None:
    if match := _RESERVED.fullmatch(text):
        worldwide = match["scope"] is not None
        return _reserved(match)._replace(name=match["name"], worldwide=worldwide)
    if match := _PICTURE.fullmatch(text):
        size, quality = f"<={match['side']}x{match['side']}", match["quality"].lower()
        return _named(match, kinds.OUTPUT_IMAGES)._replace(resolution=size, quality=quality)
    if match := _VIDEO.fullmatch(text):
        return _named(match, kinds.OUTPUT_VIDEO_SECONDS)._replace(resolution="720p")
    if match := _GUARDED.fullmatch(text):
        return Meaning(_GUARDRAIL[match["policy"]], name="Guardrail", prefix=match["prefix"])
    if match := _CHECKED.fullmatch(text):
        return Meaning(_CHECKS[match["check"]], name="GuardrailChecks", prefix=match["prefix"])
    if not (match := _NATIVE.fullmatch(text)):
        return None
    return _named(match, _NATIVE_KINDS[match["kind"]])._replace(
        tier=_tier(match["tier"]),
        worldwide=bool(match["first"] or match["last"]),
        mantle=match["mantle"] is not None,
    )


def _named(match: re.Match[str], kind: str) -> Meaning:
    return Meaning(kind, name=match["name"], prefix=match["prefix"])


def _market(text: str) -> Meaning | None:
    if match := _MARKET_RESERVED.fullmatch(text):
        return _reserved(match)._replace(worldwide=match["scope"] == "_Global")
    if match := _CREATED.fullmatch(text):
        return Meaning(kinds.OUTPUT_IMAGES, prefix=match["prefix"] or "")
    if not (match := _MARKET.fullmatch(text)):
        return None
    batch = match["old"] or "Batch" in match["kind"]
    return Meaning(
        _MARKET_KINDS[match["kind"]],
        tier="batch" if batch else _tier(match["tier"]),
        prefix=match["prefix"] or "",
        worldwide=(match["scope"] or "").lower() == "_global",
        above=match["long"] is not None,
        stale=match["kind"] in _STALE,
    )


def _reserved(match: re.Match[str]) -> Meaning:
    kind = f"reserved_{match['side'].lower()}_ktpm_hours"
    return Meaning(kind, tier=f"reserved_{match['months']}_month", prefix=match["prefix"] or "")


def _tier(word: str | None) -> str:
    return (word or STANDARD).replace("-", "_")
