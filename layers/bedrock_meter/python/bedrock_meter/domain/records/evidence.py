"""What the log says about one invocation, without any verdict about tenant or price.

Evidence is what evidence files hold. Who pays and how much is derived from it at closing, with
the policy and the price book that are in force then; so a new policy or a corrected rate never
needs the log again. Nothing in it depends on either: it follows from the log object alone.
"""

from collections.abc import Mapping
from itertools import islice
from typing import NamedTuple

PRESENT = "present"
"""The record carries counts and at least one is above zero."""
ZERO = "zero"
"""The record carries counts and all of them are zero."""
BLOCKED = "blocked"
"""A guardrail intervened, so the model was not billed."""
ABSENT = "absent"
"""What was used is not in the record, or not all of it: what `usage` holds is the least."""

MOST_ENTRIES = 16
LONGEST_TEXT = 256
"""Bedrock's own bounds of request metadata: entries, and characters of a key or a value.

Fact: docs/bedrock-logs.md, "A record".
"""


class Evidence(NamedTuple):
    """One logged invocation.

    `at` is the normalised UTC text of the record's time, `usage` the quantities by usage kind
    with zeros left out (of a failed call what was logged all the same, for information),
    `counts` one of this module's words, `metadata` the request metadata as logged, `bounded`,
    `body_model` the model that the response body names (for ids that hide it), latencies are in
    milliseconds.
    """

    line: int
    request_id: str
    at: str
    account: str
    region: str
    operation: str
    model_id: str
    principal: str
    metadata: dict[str, str] | None
    usage: dict[str, int]
    counts: str
    error_code: str | None
    tier: str
    body_model: str | None
    latency_ms: int | None
    first_byte_ms: int | None
    assumptions: list[str]


def bounded(metadata: Mapping[str, str] | None) -> dict[str, str] | None:
    """Return the metadata of a record as evidence keeps it; None when nothing is left.

    Of the first 16 entries, in the order logged, those whose key and value have at most 256
    characters. Which of them means anything is for a policy to say, at closing.
    """
    if not metadata:
        return None
    return {
        key: value
        for key, value in islice(metadata.items(), MOST_ENTRIES)
        if len(key) <= LONGEST_TEXT and len(value) <= LONGEST_TEXT
    } or None
