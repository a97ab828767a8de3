"""Sharing: one object for equal values, so that a million calls of a few callers stay small.

Of the evidence of a call most is the same in many others: account, Region, model, caller,
metadata. Read from a file each call brings copies of its own, but of metadata, which the calls of
one file share already; here those of all files become one.
"""

from bedrock_meter.domain.records.evidence import Evidence

_MOST_REMEMBERED = 50_000


class Sharing:
    """Gives evidence back equal, its repeating parts shared with those seen before.

    Shared parts must not be changed. With very many callers it forgets, and shares less.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._metadata: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        self._assumptions: dict[tuple[str, ...], list[str]] = {}

    def of(self, evidence: Evidence) -> Evidence:
        """Return equal evidence that takes less room."""
        if len(self._texts) > _MOST_REMEMBERED or len(self._metadata) > _MOST_REMEMBERED:
            self._texts.clear()
            self._metadata.clear()
        one = self._texts.setdefault
        (
            line, request_id, at, account, region, operation, model_id, principal, metadata, usage,
            counts, error_code, tier, body_model, latency_ms, first_byte_ms, assumptions,
        ) = evidence  # fmt: skip
        return Evidence(
            line,
            request_id,
            at,
            one(account, account),
            one(region, region),
            one(operation, operation),
            one(model_id, model_id),
            one(principal, principal),
            metadata and self._metadata.setdefault(tuple(metadata.items()), metadata),
            usage,
            one(counts, counts),
            error_code and one(error_code, error_code),
            one(tier, tier),
            body_model and one(body_model, body_model),
            latency_ms,
            first_byte_ms,
            self._assumptions.setdefault(tuple(assumptions), assumptions),
        )
