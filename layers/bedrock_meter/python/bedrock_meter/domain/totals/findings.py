"""What a close found that people should look at: unpriced tokens, conflicts, hours grown large."""

from collections.abc import Mapping
from typing import NamedTuple

from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.totals.total import Total
from bedrock_meter.domain.totals.workload import Fill


class Findings(NamedTuple):
    """Sums over the hours of one worker; `fill` is that of the fullest hour."""

    requests: int = 0
    unpriced_tokens: int = 0
    conflicts: int = 0
    duplicates_apart: int = 0
    fill: Fill = Fill()

    def plus(self, other: "Findings") -> "Findings":
        """Add the findings of another hour."""
        return Findings(
            self.requests + other.requests,
            self.unpriced_tokens + other.unpriced_tokens,
            self.conflicts + other.conflicts,
            self.duplicates_apart + other.duplicates_apart,
            self.fill.fuller(other.fill),
        )


def findings_for(totals: Mapping[Tenant, Total], duplicates_apart: int, fill: Fill) -> Findings:
    """Sum up what the totals of one hour, by tenant, have to say."""
    uses = [total.use() for total in totals.values()]
    return Findings(
        sum(use.requests for use in uses),
        sum(use.unpriced_tokens for use in uses),
        sum(total.conflicts for total in totals.values()),
        duplicates_apart,
        fill,
    )
