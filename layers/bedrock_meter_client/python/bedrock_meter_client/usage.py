"""Tokens of one call: a guess before it, the truth after it where the answer tells."""

import json
from collections.abc import Mapping
from typing import Any

_CHARACTERS_PER_TOKEN = 4
_USUAL_OUTPUT = 500
_COUNTS = ("x-amzn-bedrock-input-token-count", "x-amzn-bedrock-output-token-count")
_KINDS = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")


def guess(operation: str, params: Mapping[str, Any]) -> int:
    """Guess the tokens of a call: four characters each, and the output it asks for."""
    if operation.startswith("Converse"):
        text = json.dumps([params.get("system"), params.get("messages")], default=lambda _: "")
        asked = params.get("inferenceConfig", {}).get("maxTokens")
        return len(text) // _CHARACTERS_PER_TOKEN + _output(asked)
    body = params.get("body")
    size = len(body) if isinstance(body, (str, bytes, bytearray)) else 0
    return size // _CHARACTERS_PER_TOKEN + _USUAL_OUTPUT


def _output(asked: Any) -> int:
    return min(asked, _USUAL_OUTPUT) if isinstance(asked, int) else _USUAL_OUTPUT


def used_in(http_response: Any, parsed: Mapping[str, Any]) -> int | None:
    """Read what a call used from its answer; None when the answer does not tell (streams)."""
    usage = parsed.get("usage")
    if isinstance(usage, Mapping):
        return sum(usage.get(kind) or 0 for kind in _KINDS)
    counts = [http_response.headers.get(name) for name in _COUNTS]
    if any(count is not None for count in counts):
        return sum(int(count) for count in counts if count is not None)
    return None
