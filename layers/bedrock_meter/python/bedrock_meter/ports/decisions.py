"""Where decisions are kept, and the policies they put in force."""

from typing import Protocol

from bedrock_meter.domain.policy.decisions import Decision
from bedrock_meter.domain.policy.policy import Policy


class DecisionLog(Protocol):
    """Decisions, append-only."""

    def append(self, decision: Decision) -> None:
        """Write a decision, its hours still to be asked for; a second time changes nothing."""

    def unasked(self, kind: str) -> tuple[Decision, ...]:
        """Read the decisions of a kind whose hours were not all asked for; never stale."""

    def note_asked(self, decision: Decision) -> None:
        """Note that all closed hours of a decision were asked for."""

    def decisions(self, kind: str) -> tuple[Decision, ...]:
        """Read every decision of a kind, oldest first; never stale."""


class PolicyStore(Protocol):
    """Policies by id; immutable, because the id is the hash of the content."""

    def put(self, policy: Policy) -> None:
        """Keep a policy; one that is there already stays."""

    def policy(self, policy_id: str) -> Policy:
        """Read a policy; raise `PolicyMissing` when there is none of this id."""


class PolicyMissing(LookupError):
    """A decision names a policy whose document is gone; a person must look into it."""
