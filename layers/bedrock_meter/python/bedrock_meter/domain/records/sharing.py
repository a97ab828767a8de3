"""Sharing: one object for equal values, so that a million calls of a few callers stay small.

Of the evidence of a call most is the same in many others: account, Region, model, caller,
metadata. Read from a file each call brings copies of its own, but of metadata, which the calls of
one file share already; here those of all files become one.
"""

from typing import Any

from bedrock_meter.domain.records.evidence import Evidence

_MOST_REMEMBERED = 50_000
_TEXTS = tuple(
    Evidence._fields.index(name)
    for name in (
        *("account", "region", "operation", "model_id", "principal"),
        *("counts", "error_code", "tier", "body_model"),
    )
)
_METADATA = Evidence._fields.index("metadata")
_ASSUMPTIONS = Evidence._fields.index("assumptions")


class Sharing:
    """Returns equal evidence that shares its repeating parts with what was seen before.

    Shared parts must not be changed. With very many callers it forgets, and shares less.
    """

    def __init__(self) -> None:
        self._texts: dict[str | None, str | None] = {}
        self._metadata: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        self._assumptions: dict[tuple[str, ...], list[str]] = {}

    def of(self, evidence: Evidence) -> Evidence:
        """Return equal evidence that takes less room."""
        if len(self._texts) > _MOST_REMEMBERED or len(self._metadata) > _MOST_REMEMBERED:
            self._texts.clear()
            self._metadata.clear()
        # Every column back in its own place: `_replace` would take four times as long.
        columns: list[Any] = [*evidence]
        one = self._texts.setdefault
        for place in _TEXTS:
            columns[place] = one(columns[place], columns[place])
        if metadata := evidence.metadata:
            columns[_METADATA] = self._metadata.setdefault(tuple(metadata.items()), metadata)
        assumptions = evidence.assumptions
        columns[_ASSUMPTIONS] = self._assumptions.setdefault(tuple(assumptions), assumptions)
        return Evidence._make(columns)
