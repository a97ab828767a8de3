"""Put a price book in force: decide that it holds from a time on, unless it does already."""

from __future__ import annotations

from datetime import datetime

from bedrock_meter.domain.policy.decisions import BOOK, Decision, decision_for
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.time.hours import hour_of
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
) -> None:
    """Decide for a book from the hour of `since` on, at the latest from now.

    Closed hours that it reaches back to are closed again: what was unpriced then has a rate now,
    and what changes shows as corrections. Of a book that is in force already, only the hours of a
    decision that died half-way are asked for.
    """
    present = hour_of(now)
    current = decision_for(decisions.decisions(BOOK), present)
    if current and current.id == book.id:
        ask_the_rest(BOOK, decisions=decisions, evidence=evidence, hours=hours)
        return
    first = hour_of(min(since or now, now))
    decision = Decision(BOOK, book.id, first, None, None, now)
    decide(decision, decisions=decisions, evidence=evidence, hours=hours)
