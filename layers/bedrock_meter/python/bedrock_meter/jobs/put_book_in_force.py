"""Put a price book in force: decide that it holds from a time on, unless it does already."""

from __future__ import annotations

from datetime import datetime

from bedrock_meter.domain.policy.decisions import BOOK, Decision, decision_for
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.time.hours import Hour, hour_of
from bedrock_meter.jobs.decide import ask_the_rest, decide
from bedrock_meter.ports import EvidenceStore, HourTable
from bedrock_meter.ports.decisions import DecisionLog


def put_book_in_force(
    book: PriceBook,
    since: datetime | None,
    *,
    now: datetime,
    decisions: DecisionLog,
    evidence: EvidenceStore,
    hours: HourTable,
) -> tuple[Hour, ...]:
    """Decide that a book holds from the hour of `since` on, at the latest from now.

    Return the closed hours that it reaches back to. They are closed again: what was unpriced has a
    rate now, and what changes shows as corrections. For a book that is in force already, only the
    hours of an interrupted decision are asked for.
    """
    present = hour_of(now)
    current = decision_for(decisions.decisions(BOOK), present)
    if current and current.id == book.id:
        return ask_the_rest(BOOK, decisions=decisions, evidence=evidence, hours=hours)
    first = hour_of(min(since or now, now))
    decision = Decision(BOOK, book.id, first, None, None, now)
    return decide(decision, decisions=decisions, evidence=evidence, hours=hours)
