"""Decide: write a decision down, and ask for a new close of every hour it reaches back to."""

from bedrock_meter.decision_source import DecisionLog
from bedrock_meter.domain.decisions import Decision
from bedrock_meter.domain.hours import Hour
from bedrock_meter.ports import EvidenceStore, HourTable


def decide(
    decision: Decision, *, decisions: DecisionLog, evidence: EvidenceStore, hours: HourTable
) -> tuple[Hour, ...]:
    """Write a decision and name the hours that will be closed again because of it.

    What is decided (a policy, a book) must be in place already. The decision comes first: a close
    that begins after an hour was asked for must see it. Dying in between leaves hours that were
    not asked for; deciding the same once more asks for them. Final hours stay as they are.
    """
    decisions.append(decision)
    progress = hours.progress()
    reached = [hour for hour in evidence.hours() if decision.covers(hour, decision.tenant)]
    begun = tuple(
        hour for hour in reached if not progress.is_sealed(hour) and hours.row(hour).epoch
    )
    for hour in begun:
        hours.ask(hour)
    return begun
