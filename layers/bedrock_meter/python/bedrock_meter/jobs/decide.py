"""Decide: write a decision down, and ask for a new close of every hour it reaches back to."""

from bedrock_meter.domain.policy.decisions import Decision
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.ports import EvidenceStore, HourTable
from bedrock_meter.ports.decisions import DecisionLog


def decide(
    decision: Decision, *, decisions: DecisionLog, evidence: EvidenceStore, hours: HourTable
) -> tuple[Hour, ...]:
    """Write a decision and name the hours that will be closed again because of it.

    What is decided (a policy, a book) must be in place already. The decision comes first: a close
    that begins after an hour was asked for must see it. Dying in between leaves hours that were
    not asked for; the next decision of the kind asks for them, and so does `ask_the_rest`. Final
    hours stay as they are.
    """
    decisions.append(decision)
    return ask_the_rest(decision.kind, decisions=decisions, evidence=evidence, hours=hours)


def ask_the_rest(
    kind: str, *, decisions: DecisionLog, evidence: EvidenceStore, hours: HourTable
) -> tuple[Hour, ...]:
    """Ask for all hours of decisions that died before they had; name the hours.

    Where none has, this is one read, and no hour is asked for.
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
