"""Usage types and dimensions of rate cards: every collected form is understood, none is guessed."""

import pytest

from bedrock_meter.domain.prices.usage_type import Meaning, Skipped, looks_like_tokens, meaning_of

UNDERSTOOD = {
    "USE1-NovaLite-input-tokens": ("NovaLite", "input_tokens", "standard"),
    "USE1-NovaLite-output-tokens": ("NovaLite", "output_tokens", "standard"),
    "USE1-NovaMicro-input-tokens-batch": ("NovaMicro", "input_tokens", "batch"),
    "USE1-NovaLite-input-tokens-priority": ("NovaLite", "input_tokens", "priority"),
    "USE1-Nova2.0Lite-input-tokens-flex": ("Nova2.0Lite", "input_tokens", "flex"),
    "USE1-NovaPro-cache-read-input-token-count": ("NovaPro", "cache_read_tokens", "standard"),
    "USE1-NovaPro-cache-write-input-token-count": ("NovaPro", "cache_write_5m_tokens", "standard"),
    "USE1-Nova2.0Lite-nova-grounding": ("Nova2.0Lite", "grounding_requests", "standard"),
    "USE1-NovaMultiModalEmbeddings-input-tokens": (
        "NovaMultiModalEmbeddings",
        "input_tokens",
        "standard",
    ),
    "USE1-NovaMultiModalEmbeddings-input-standard-image": (
        "NovaMultiModalEmbeddings",
        "input_images_standard",
        "standard",
    ),
    "USE1-NovaMultiModalEmbeddings-input-document-image": (
        "NovaMultiModalEmbeddings",
        "input_images_document",
        "standard",
    ),
    "USE1-NovaMultiModalEmbeddings-input-audio-second": (
        "NovaMultiModalEmbeddings",
        "input_audio_seconds",
        "standard",
    ),
    "USE1-NovaMultiModalEmbeddings-input-video-second": (
        "NovaMultiModalEmbeddings",
        "input_video_seconds",
        "standard",
    ),
    "USE1-TitanEmbeddingV2-Text-input-tokens": (
        "TitanEmbeddingV2-Text",
        "input_tokens",
        "standard",
    ),
    "USE1-TitanEmbeddingsG1-Image-input-tokens": (
        "TitanEmbeddingsG1-Image",
        "input_tokens",
        "standard",
    ),
    "USE1-Claude2.0-input-tokens": ("Claude2.0", "input_tokens", "standard"),
    "USE1-gpt-oss-120b-output-tokens-priority": ("gpt-oss-120b", "output_tokens", "priority"),
    "USE1-moonshotai.kimi-k2.5-input": ("moonshotai.kimi-k2.5", "input_tokens", "standard"),
    "USE1-Claude4.6Sonnet-input-tokens": ("Claude4.6Sonnet", "input_tokens", "standard"),
    "EU-Claude4.5Sonnet-reserved-1-month-input-tokens-per-minute-cross-region-global": (
        "Claude4.5Sonnet",
        "reserved_input_ktpm_hours",
        "reserved_1_month",
    ),
    "USE1-NovaReel-T2V-Medfps-HDRes": ("NovaReel", "output_video_seconds", "standard"),
    "USE1-NovaCanvas-T2I-1024-Premium": ("NovaCanvas", "output_images", "standard"),
    "USE1-NovaCanvas-I2I-1024-Standard": ("NovaCanvas", "output_images", "standard"),
    "USE1-Guardrail-ContentPolicyUnitsConsumed": (
        "Guardrail",
        "guardrail_content_text_units",
        "standard",
    ),
    "USE1-Guardrail-SensitiveInformationPolicyFreeUnitsConsumed": (
        "Guardrail",
        "guardrail_sensitive_information_regex_free_text_units",
        "standard",
    ),
    "USE1-Guardrail-ContentPolicyImageUnitsConsumed": (
        "Guardrail",
        "guardrail_content_image_units",
        "standard",
    ),
    "USE1-GuardrailChecks-ContentFilterCheckUnitsConsumed": (
        "GuardrailChecks",
        "invoke_guardrail_checks_content_filter",
        "standard",
    ),
    "USE1-MP:USE1_InputTokenCount-Units": ("", "input_tokens", "standard"),
    "USE1-MP:USE1_InputTokenCount_Global_Batch-Units": ("", "input_tokens", "batch"),
    "USE1-MP:USE1_CacheReadInputTokenCount-Units": ("", "cache_read_tokens", "standard"),
    "USE1-MP:USE1_CacheWriteInputTokenCount-Units": ("", "cache_write_5m_tokens", "standard"),
    "USE1-MP:USE1_CacheWrite1hInputTokenCount_Global-Units": (
        "",
        "cache_write_1h_tokens",
        "standard",
    ),
    "USE1-MP:USE1_input_tokens_standard-Units": ("", "input_tokens", "standard"),
    "USE1-MP:USE1_output_tokens_batch-Units": ("", "output_tokens", "batch"),
    "USE1-MP:USE1_cache_write_tokens_1h_global_standard-Units": (
        "",
        "cache_write_1h_tokens",
        "standard",
    ),
    "APN1-MP:APN1_MillionBatchInputTokens-Units": ("", "input_tokens", "batch"),
    "USE1-MP:USE1_Reserved_1Month_InputTPM_Geo-Units": (
        "",
        "reserved_input_ktpm_hours",
        "reserved_1_month",
    ),
    "USE1-MP:USE1_created_image-Units": ("", "output_images", "standard"),
    "USE1-MP:created_image_stable_image_core-Units": ("", "output_images", "standard"),
    "USE1-MP:USE1_search_units-Units": ("", "search_units", "standard"),
    "USE1-MP:USE1_InputImageCount-Units": ("", "input_images", "standard"),
    "USW2_InputTokenCount_Global": ("", "input_tokens", "standard"),
    "USW2_input_tokens_global_standard": ("", "input_tokens", "standard"),
    "input_tokens_standard": ("", "input_tokens", "standard"),
}


@pytest.mark.parametrize("usage_type", UNDERSTOOD)
def test_every_collected_form_is_understood(usage_type):
    meaning = meaning_of(usage_type)

    assert isinstance(meaning, Meaning)
    assert (meaning.name, meaning.kind, meaning.tier) == UNDERSTOOD[usage_type]


@pytest.mark.parametrize(
    "usage_type",
    [
        "USE1-Nova2.0Lite-cache-read-input-token-count-cross-region-global",
        "USE1-xai.grok-4.6-mantle-input-tokens-global-standard",
        "USE1-Claude4.6Sonnet-output-tokens-cross-region-global",
        "USE1-MP:USE1_InputTokenCount_Global-Units",
        "USW2_InputTokenCount_LCtx_Global",
        "USE1-MP:USE1_input_tokens_long_ctx_global_standard-Units",
        "EU-Claude4.5Sonnet-reserved-1-month-input-tokens-per-minute-cross-region-global",
    ],
)
def test_global_prices_are_told_apart(usage_type):
    meaning = meaning_of(usage_type)
    assert isinstance(meaning, Meaning)
    assert meaning.worldwide


@pytest.mark.parametrize(
    "usage_type",
    [
        "USW2_InputTokenCount_LCtx_Global",
        "USE1-MP:USE1_input_tokens_long_ctx_global_standard-Units",
        "USE1-MP:USE1_cache_write_tokens_30m_long_ctx_standard-Units",
    ],
)
def test_long_context_prices_are_of_the_high_band(usage_type):
    meaning = meaning_of(usage_type)
    assert isinstance(meaning, Meaning)
    assert meaning.above


@pytest.mark.parametrize(
    ("usage_type", "name"),
    [
        ("USE1-openai.gpt-oss-120b-mantle-input-tokens-standard", "openai.gpt-oss-120b"),
        (
            "EU-qwen.qwen3-coder-480b-a35b-instruct-mantle-input-tokens-flex",
            "qwen.qwen3-coder-480b-a35b-instruct",
        ),
        (
            "USW2-anthropic.claude-opus-4-8-mantle-cache-write-tokens-standard",
            "anthropic.claude-opus-4-8",
        ),
    ],
)
def test_the_mantle_endpoint_is_no_part_of_the_name(usage_type, name):
    meaning = meaning_of(usage_type)
    assert isinstance(meaning, Meaning)
    assert (meaning.name, meaning.mantle) == (name, True)


@pytest.mark.parametrize(
    "dimension", ["cached_input_tokens_standard", "cache_writes_tokens_standard"]
)
def test_stale_twins_are_marked(dimension):
    meaning = meaning_of(dimension)
    assert isinstance(meaning, Meaning)
    assert meaning.stale


@pytest.mark.parametrize(
    "usage_type",
    [
        "USE1-NovaLite-input-tokens-custom-model",
        "USE1-NovaLite-input-token-count-custom-model",
        "USE1-Nova2.0Pro-input-image-token-count-cross-region-global",
        "USE1-Nova2.0Omni-output-image-token-count",
        "USE1-TitanImageGeneratorG1-ProvisionedThroughput-NoCommit-ModelUnits",
        "USE1-MP:USE1_ProvisionedThroughput_NoCommit_ModelUnits_Usage-Units",
        "USE1-Nova2.0Lite-RFT-Training-Hours",
        "USE1-NovaLite-Customization-Storage",
    ],
)
def test_other_products_are_skipped_with_a_reason(usage_type):
    meaning = meaning_of(usage_type)

    assert isinstance(meaning, Skipped)
    assert meaning.why


@pytest.mark.parametrize(
    "usage_type",
    [
        "USE1-NovaLite-input-tokens-turbo",
        "USE1-NovaLite-thinking-tokens",
        "USE1-MP:USE1_reasoning_tokens_standard-Units",
        "use1-NovaLite-input-tokens",
        "NovaLite-input-tokens",
        "USE1-MP:USE1_Reserved_1Week_InputTPM-Units",
    ],
)
def test_an_unknown_form_that_looks_like_tokens_is_unparsed_and_stops_the_refresh(usage_type):
    assert meaning_of(usage_type) is None
    assert looks_like_tokens(usage_type)


def test_an_unknown_form_of_something_else_is_unparsed_and_does_not_stop_it():
    assert meaning_of("USE1-DataTransfer-Out-Bytes") is None
    assert not looks_like_tokens("USE1-DataTransfer-Out-Bytes")
