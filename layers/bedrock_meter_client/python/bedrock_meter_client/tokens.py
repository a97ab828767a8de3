"""Tokens of one call: an estimate before it, the truth after it where the answer tells.

The estimate is what the call sends and the answer it asks for, as Bedrock itself reckons against
its quotas before it knows better. It errs on the high side; the answer puts it right.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

CHARACTERS_PER_TOKEN = 4
USUAL_OUTPUT = 500
"""Where a call does not say how long its answer may be."""
IMAGE = 1_600
"""An image, however many bytes it has: models scale it down."""
ELSEWHERE = 20_000
"""A document or video that is named by its place in S3, so that its size is not known."""
MOST_OF_FILES = 200_000
"""All documents and videos of a call together, or the body of an `InvokeModel`, in which files
cannot be told from text: the context of a usual model."""
MOST_OUTPUT = 1_000_000
MOST_PARTS = 300_000
"""So many texts and files of a call are looked at: a list that holds itself has no end."""

_SENT = ("system", "messages", "toolConfig", "additionalModelRequestFields", "promptVariables")
_KNOWN = ("image", "s3Location")
_COUNTS = ("x-amzn-bedrock-input-token-count", "x-amzn-bedrock-output-token-count")
_KINDS = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
# How the bodies of the several makers of models name the limit of their answer.
_ASKED = re.compile(
    rb'"max(?:_tokens|_tokens_to_sample|_completion_tokens|_new_tokens|_gen_len|Tokens|TokenCount)"'
    rb"\s*:\s*(\d{1,9})"
)


def estimate(operation: str, params: Mapping[str, Any]) -> int:
    """Estimate the tokens of a call, before it is made, from its parameters."""
    if not operation.startswith("Converse"):
        return _of_body(params.get("body"))
    sent = [params.get(name) for name in _SENT]
    asked = params.get("inferenceConfig")
    return _of_content(sent) + _output(
        asked.get("maxTokens") if isinstance(asked, Mapping) else None
    )


def used_in(http_response: Any, parsed: Any) -> int | None:
    """Read what a call used from its answer; None when the answer does not tell (streams).

    A call that Bedrock refused used nothing.
    """
    if http_response.status_code >= 300:
        return 0
    usage = parsed.get("usage") if isinstance(parsed, Mapping) else None
    if isinstance(usage, Mapping):
        counts = [usage.get(kind) for kind in _KINDS]
    else:
        counts = [_number(http_response.headers.get(name)) for name in _COUNTS]
    told = [count for count in counts if isinstance(count, int)]
    return sum(told) if told else None


def _of_content(sent: list[Any]) -> int:
    """Walk through texts and files; a stack instead of recursion, however deep they nest."""
    characters = images = files = 0
    stack: list[Any] = sent
    for _ in range(MOST_PARTS):
        if not stack:
            break
        part = stack.pop()
        if isinstance(part, str):
            characters += len(part)
        elif isinstance(part, (bytes, bytearray)):
            files += len(part) // CHARACTERS_PER_TOKEN
        elif isinstance(part, Mapping):
            images += "image" in part
            files += ELSEWHERE * ("s3Location" in part)
            stack += [each for entry in part.items() if entry[0] not in _KNOWN for each in entry]
        elif isinstance(part, (list, tuple)):
            stack += part
    return characters // CHARACTERS_PER_TOKEN + images * IMAGE + min(files, MOST_OF_FILES)


def _of_body(body: Any) -> int:
    asked = None
    if isinstance(body, str):
        body = body.encode("utf-8", "replace")
    if isinstance(body, (bytes, bytearray)):
        asked = max((int(found) for found in _ASKED.findall(body)), default=None)
    return min(_size(body) // CHARACTERS_PER_TOKEN, MOST_OF_FILES) + _output(asked)


def _size(body: Any) -> int:
    """Return the bytes of a body, of a file those left to read; 0 where they are unknown."""
    with suppress(Exception):  # A foreign object may raise anything here.
        if hasattr(body, "__len__"):
            return len(body)
        here: int = body.tell()
        try:
            end: int = body.seek(0, 2)
            return end - here
        finally:
            body.seek(here)
    return 0


def _output(asked: Any) -> int:
    if isinstance(asked, bool) or not isinstance(asked, int):
        return USUAL_OUTPUT
    return min(max(0, asked), MOST_OUTPUT)


def _number(header: str | None) -> int | None:
    """Read a count as ten digits at the most; None for anything else, such as `7, 7`."""
    return (
        int(header)
        if header and header.isascii() and header.isdigit() and len(header) <= 10
        else None
    )
