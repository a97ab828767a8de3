"""What a close found that people should look at: unpriced tokens, conflicts, hours grown large."""

from collections.abc import Mapping
from typing import NamedTuple

from bedrock_meter.domain.total import Total

MOST_CALLS = 1_000_000
MOST_TENANTS = 20_000
"""What one close of an hour can take; docs/architecture.md, "Limits"."""


class Findings(NamedTuple):
    """Sums over the hours of one close; `fill_percent` is that of the fullest hour."""

    requests: int = 0
    unpriced_tokens: int = 0
    conflicts: int = 0
    duplicates_apart: int = 0
    fill_percent: int = 0

    def plus(self, other: "Findings") -> "Findings":
        """Add the findings of another hour."""
        return Findings(
            self.requests + other.requests,
            self.unpriced_tokens + other.unpriced_tokens,
            self.conflicts + other.conflicts,
            self.duplicates_apart + other.duplicates_apart,
            max(self.fill_percent, other.fill_percent),
        )


def findings_for(totals: Mapping[str | None, Total], duplicates_apart: int) -> Findings:
    """Sum up what the totals of one hour, by tenant, have to say."""
    uses = [total.use() for total in totals.values()]
    requests = sum(use.requests for use in uses)
    return Findings(
        requests,
        sum(use.unpriced_tokens for use in uses),
        sum(total.conflicts for total in totals.values()),
        duplicates_apart,
        max(100 * requests // MOST_CALLS, 100 * len(totals) // MOST_TENANTS),
    )
