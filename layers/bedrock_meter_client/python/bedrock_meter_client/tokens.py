"""Tokens of one call: an estimate before it, the count after it where the answer has one.

The estimate is what the call sends and the longest answer it asks for, as Bedrock itself counts
against its quotas before the call. It is rather too high; the count after the call corrects it.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

CHARACTERS_PER_TOKEN = 4
USUAL_OUTPUT = 500
"""For a call without a limit on its answer."""
IMAGE = 1_600
"""An image, however many bytes it has: models scale it down."""
ELSEWHERE = 20_000
"""A document or video that is named by its place in S3, so that its size is not known."""
MOST_OF_FILES = 200_000
"""All documents and videos of a call together, or the body of an `InvokeModel`, in which files
cannot be told from text: the context of a usual model."""
MOST_OUTPUT = 1_000_000
MOST_PARTS = 300_000
"""So many texts and files of a call are counted: a list that holds itself has no end."""

_SENT = ("system", "messages", "toolConfig", "additionalModelRequestFields", "promptVariables")
_KNOWN = ("image", "s3Location")
_COUNTS = ("x-amzn-bedrock-input-token-count", "x-amzn-bedrock-output-token-count")
_KINDS = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
_COUNT = re.compile(r"[0-9]{1,10}")
# How the bodies of the models of different providers name the limit of their answer.
_ASKED = re.compile(
    rb'"max(?:_tokens|_tokens_to_sample|_completion_tokens|_new_tokens|_gen_len|Tokens|TokenCount)"'
    rb"\s*:\s*(\d{1,9})"
)


def estimate(operation: str, params: Mapping[str, Any]) -> int:
    """Estimate the tokens of a call, before it is made, from its parameters."""
    if not operation.startswith("Converse"):
        return _of_body(params.get("body"))
    config = params.get("inferenceConfig")
    asked = config.get("maxTokens") if isinstance(config, Mapping) else None
    return _of_content([params.get(name) for name in _SENT]) + _output(asked)


def used_in(http_response: Any, parsed: Any) -> int | None:
    """Read what a call used from its answer; None when the answer has no counts (streams).

    A call that Bedrock refused used nothing.
    """
    if http_response.status_code >= 300:
        return 0
    usage = parsed.get("usage") if isinstance(parsed, Mapping) else None
    if isinstance(usage, Mapping):
        counts = [usage.get(kind) for kind in _KINDS]
    else:
        counts = [_number(http_response.headers.get(name)) for name in _COUNTS]
    known = [count for count in counts if isinstance(count, int)]
    return sum(known) if known else None


def _of_content(sent: list[Any]) -> int:
    """Count texts and files; with a stack, not recursion, since they may nest to any depth."""
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
    """Return the bytes of a body; of a file those that are left to read; 0 if not known."""
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
    """Read a count of at most ten digits; None for anything else, such as `7, 7`."""
    return int(header) if header and _COUNT.fullmatch(header) else None
