"""Decisions: dated, append-only rows: which policy or price book holds for which hours.

A close is given no policy and no book: it looks up what was decided, so that closing an hour again
for any reason never undoes a decision.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from bedrock_meter.domain.time.hours import Hour, in_force

POLICY = "policy"
BOOK = "book"


class Decision(NamedTuple):
    """From now on, a policy or a price book (`kind`, `id`) holds for a range of hours.

    `since` is included, `until` is not; None leaves that end open. `tenant` None: every tenant.
    """

    kind: str
    id: str
    since: Hour | None
    until: Hour | None
    tenant: str | None
    decided_at: datetime

    def covers(self, hour: Hour, tenant: str | None) -> bool:
        """Return whether the decision is about this hour of this tenant."""
        return in_force(hour, self.since, self.until) and self.tenant in (None, tenant)


def decision_for(
    decisions: Iterable[Decision], hour: Hour, tenant: str | None = None
) -> Decision | None:
    """Return the decision in force for an hour: of those that cover it, the one decided last.

    Of two decided at the same moment the larger id counts, so that every reader gets the same.
    """
    covering = (decision for decision in decisions if decision.covers(hour, tenant))
    return max(covering, key=lambda decision: (decision.decided_at, decision.id), default=None)
