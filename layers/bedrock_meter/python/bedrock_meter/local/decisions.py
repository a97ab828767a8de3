"""Decisions and policies without AWS, in dictionaries."""

from dataclasses import dataclass, field

from bedrock_meter.domain.policy.decisions import Decision
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.ports.decisions import PolicyMissing


@dataclass
class MemoryDecisions:
    """`DecisionLog` in two sets: all decisions, and those whose hours are to be asked for."""

    kept: set[Decision] = field(default_factory=set)
    left: set[Decision] = field(default_factory=set)

    def append(self, decision: Decision) -> None:
        if decision not in self.kept:
            self.kept.add(decision)
            self.left.add(decision)

    def unasked(self, kind: str) -> tuple[Decision, ...]:
        return tuple(decision for decision in self.decisions(kind) if decision in self.left)

    def note_asked(self, decision: Decision) -> None:
        self.left.discard(decision)

    def decisions(self, kind: str) -> tuple[Decision, ...]:
        of_kind = [decision for decision in self.kept if decision.kind == kind]
        return tuple(sorted(of_kind, key=lambda decision: (decision.decided_at, decision.id)))


@dataclass
class MemoryPolicies:
    """`PolicyStore` in a dictionary."""

    kept: dict[str, Policy] = field(default_factory=dict)

    def put(self, policy: Policy) -> None:
        self.kept.setdefault(policy.id, policy)

    def policy(self, policy_id: str) -> Policy:
        if policy_id not in self.kept:
            raise PolicyMissing(f"there is no policy {policy_id}")
        return self.kept[policy_id]
