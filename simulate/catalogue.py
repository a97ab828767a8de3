"""The policies and price books of histories, written out as the meter knows them."""

from collections.abc import Mapping

from bedrock_meter import prices
from bedrock_meter.domain.policy.decisions import BOOK as BOOK_KIND
from bedrock_meter.domain.policy.decisions import POLICY, Decision
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.pricing.model import model_of
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.pricing.rate import row_of
from bedrock_meter.domain.time.hours import Hour
from simulate.scenario import BOOKS, POLICIES, DecisionPlan, Guard, PolicyPlan


def policy_of(plan: PolicyPlan) -> Policy:
    """Write a policy out."""
    guard = plan.guard
    attribution: dict[str, object] = {"tenant_keys": list(plan.tenant_keys)}
    if guard.may_state is not None:
        attribution["may_state"] = {"roles": list(guard.may_state)}
    if guard.only_listed:
        attribution["unlisted"] = "unattributed"
    if guard.most_unlisted != Guard().most_unlisted:
        attribution["most_unlisted"] = guard.most_unlisted
    tenants = {tenant: _section_of(tenant, plan) for tenant in plan.listed()}
    return Policy.from_document({"attribution": attribution, "tenants": tenants})


def _section_of(tenant: str, plan: PolicyPlan) -> dict[str, object]:
    """Write out what a policy says of a tenant."""
    section: dict[str, object] = {}
    if tenant in plan.half_price:
        section["contract"] = {"kind": "percent", "off": "50"}
    if roles := [role for role, owner in plan.guard.owners if owner == tenant]:
        section["recognised_by"] = {"roles": roles}
    if tenant in plan.guard.witness_only:
        section["witness_only"] = True
    return section


def _price_book_of(rates: Mapping[str, int]) -> PriceBook:
    return PriceBook(
        row_of({
            "model": model_of(model).key, "kind": "input_tokens", "per": "1000000", "usd": str(usd),
            "where": "global@*", "partition": "aws", "tier": "standard", "confidence": "high",
            "bill": "yes", "source": "simulated",
        })
        for model, usd in rates.items()
    )  # fmt: skip


KNOWN_POLICIES = (DEFAULT_POLICY, *(policy_of(plan) for plan in POLICIES[1:]))
BOOK = prices.shipped()
KNOWN_BOOKS = (BOOK, *(_price_book_of(rates) for rates in BOOKS[1:]))
_BY_ID = {book.id: book for book in KNOWN_BOOKS}


def price_book(book_id: str | None) -> PriceBook:
    """Return the book of an id; the shipped one where nothing was decided."""
    return KNOWN_BOOKS[0] if book_id is None else _BY_ID[book_id]


def id_of_decided(decided: DecisionPlan) -> str:
    """Return the id of the policy or the book that was decided on."""
    return (KNOWN_BOOKS if decided.is_book else KNOWN_POLICIES)[decided.number].id


def decision_of(decided: DecisionPlan) -> Decision:
    """Write a decision out."""
    since, until = (Hour(hour) if hour else None for hour in (decided.since, decided.until))
    kind = BOOK_KIND if decided.is_book else POLICY
    return Decision(kind, id_of_decided(decided), since, until, decided.tenant, decided.at)
