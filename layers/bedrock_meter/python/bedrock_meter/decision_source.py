"""Where decisions are kept, and the policies they speak of."""

from typing import Protocol

from bedrock_meter.domain.decisions import Decision
from bedrock_meter.domain.policy import Policy


class DecisionLog(Protocol):
    """Decisions, append-only."""

    def append(self, decision: Decision) -> None:
        """Write a decision; the same one a second time changes nothing."""

    def decisions(self, kind: str) -> tuple[Decision, ...]:
        """Read every decision of a kind, oldest first; never stale."""


class PolicyStore(Protocol):
    """Policies by id; immutable, because the id is the hash of the content."""

    def put(self, policy: Policy) -> None:
        """Keep a policy; one that is there already stays."""

    def policy(self, policy_id: str) -> Policy:
        """Read a policy; `PolicyMissing` when there is none of this id."""


class PolicyMissing(LookupError):
    """A decision speaks of a policy whose document is gone; a person must look."""
