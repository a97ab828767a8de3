"""Decisions and policies without AWS, in dictionaries."""

from dataclasses import dataclass, field

from bedrock_meter.decision_source import PolicyMissing
from bedrock_meter.domain.decisions import Decision
from bedrock_meter.domain.policy import Policy


@dataclass
class MemoryDecisions:
    """A `DecisionLog` in a set."""

    kept: set[Decision] = field(default_factory=set)

    def append(self, decision: Decision) -> None:
        """Write a decision."""
        self.kept.add(decision)

    def decisions(self, kind: str) -> tuple[Decision, ...]:
        """Read the decisions of a kind, oldest first."""
        of_kind = [decision for decision in self.kept if decision.kind == kind]
        return tuple(sorted(of_kind, key=lambda decision: (decision.decided_at, decision.id)))


@dataclass
class MemoryPolicies:
    """A `PolicyStore` in a dictionary."""

    kept: dict[str, Policy] = field(default_factory=dict)

    def put(self, policy: Policy) -> None:
        """Keep a policy by its id."""
        self.kept.setdefault(policy.id, policy)

    def policy(self, policy_id: str) -> Policy:
        """Read a policy."""
        if policy_id not in self.kept:
            raise PolicyMissing(f"there is no policy {policy_id}")
        return self.kept[policy_id]
