"""What the log says about one invocation, without any verdict about tenant or price.

Evidence is what charges files hold. Who pays and how much is derived from it at closing, with
the policy and the price book that are in force then; so a new policy or a corrected rate never
needs the log again.
"""

from typing import NamedTuple

PRESENT = "present"
"""The record carries counts and at least one is above zero."""
ZERO = "zero"
"""The record carries counts and all of them are zero."""
BLOCKED = "blocked"
"""A guardrail intervened, so the model was not billed."""
ABSENT = "absent"
"""What was used is not in the record, or not all of it: what `usage` holds is the least."""


class Evidence(NamedTuple):
    """One logged invocation.

    `at` is the normalised UTC text of the record's time, `usage` the quantities by usage kind
    with zeros left out (of a failed call what was logged all the same, for information),
    `counts` one of this module's words, `metadata` only the entries that the
    policy names, spelled as logged, `body_model` the model that the response body names (for
    ids that hide it), latencies are in milliseconds.
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
