"""Decide: store a decision, and ask for a new close of every closed hour that it covers."""

from bedrock_meter.domain.policy.decisions import Decision
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.ports import EvidenceStore, HourTable
from bedrock_meter.ports.decisions import DecisionLog


def decide(
    decision: Decision, *, decisions: DecisionLog, evidence: EvidenceStore, hours: HourTable
) -> tuple[Hour, ...]:
    """Store a decision; return the hours that will be closed again because of it.

    What is decided (a policy, a book) must be stored already. The decision comes first: a close
    that begins after an hour was asked for must see it. After a crash some hours are not asked for;
    the next decision of the kind asks for them, and so does `ask_the_rest`. Final hours stay.
    """
    decisions.append(decision)
    return ask_the_rest(decision.kind, decisions=decisions, evidence=evidence, hours=hours)


def ask_the_rest(
    kind: str, *, decisions: DecisionLog, evidence: EvidenceStore, hours: HourTable
) -> tuple[Hour, ...]:
    """Ask for the hours of decisions that died before they asked for all; return the hours.

    When there is no such decision, this is one read.
    """
    unasked = decisions.unasked(kind)
    if not unasked:
        return ()
    progress = hours.progress()
    begun = tuple(
        hour
        for hour in evidence.hours()
        if any(decision.covers(hour, decision.tenant) for decision in unasked)
        and not progress.is_sealed(hour)
        and hours.row(hour).epoch
    )
    for hour in begun:
        hours.ask(hour)
    for decision in unasked:
        decisions.note_asked(decision)
    return begun
