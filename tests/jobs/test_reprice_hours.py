"""Repricing shows what would change, and a decision makes exactly that change."""

from decimal import Decimal

from bedrock_meter import prices
from bedrock_meter.domain.policy.decisions import BOOK, Decision
from bedrock_meter.domain.prices.overlay import overlay_of
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.decide import decide
from bedrock_meter.jobs.reprice_hours import Repriced, repriced_hours
from bedrock_meter.jobs.value_calls import books_for
from bedrock_meter.local.decisions import MemoryDecisions
from tests.builders import NINE, an_evidence, at
from tests.jobs.world import World

TEN = Hour("2026-11-21T10")
CALL = 1_500_000 * 10**9
SUPERLM = "acme.superlm-9-v1:0"
OVERLAY = """{"overlay": 1, "rows": [
 {"model": "acme.superlm-9-v1:0", "kind": "input_tokens", "per": "1000000", "usd": "2",
  "where": "in_region@us-east-1", "partition": "aws", "tier": "standard", "confidence": "high",
  "bill": "yes", "source": "a test"}]}"""


def a_book():
    return prices.layered(overlay_of(OVERLAY, "overlay.json"))


class Repricing(World):
    """A world whose closes look decisions up."""

    def __init__(self) -> None:
        super().__init__()
        self.decisions = MemoryDecisions()
        self.shelf = {prices.shipped().id: prices.shipped(), a_book().id: a_book()}

    def valuation(self, hour: Hour | None = None) -> Valuation:
        book, own = books_for(
            hour or NINE,
            self.decisions,
            lambda book_id: prices.shipped() if book_id is None else self.shelf[book_id],
        )
        return Valuation(self.policy, book, books=own)

    def repriced(self, tenant: str | None = None) -> list[Repriced]:
        found = repriced_hours(
            NINE,
            TEN,
            book=a_book(),
            tenant=tenant,
            evidence=self.evidence,
            valuation_for=self.valuation,
        )
        return list(found)

    def decide(self, tenant: str | None = None) -> None:
        decision = Decision(BOOK, a_book().id, NINE, TEN, tenant, at("12:00"))
        decide(decision, decisions=self.decisions, evidence=self.evidence, hours=self.hours)


def a_closed_world() -> Repricing:
    world = Repricing()
    other = {"tenantId": "other"}
    world.ingest(
        "one",
        an_evidence("r-1"),
        an_evidence("r-2", model_id=SUPERLM, usage={"input_tokens": 1000}),
        an_evidence("r-3", model_id=SUPERLM, usage={"input_tokens": 500}, metadata=other),
    )
    world.run("10:20")
    return world


def test_a_dry_run_names_what_would_change_and_writes_nothing() -> None:
    world = a_closed_world()
    milli = 10**15

    assert world.repriced() == [
        Repriced(NINE, "acme", CALL, CALL + 2 * milli),
        Repriced(NINE, "other", 0, milli),
    ]
    assert world.closed("acme", NINE) == CALL
    assert not world.hours.row(NINE).is_due()


def test_a_decision_closes_the_hours_again_and_leaves_the_same_differences() -> None:
    world = a_closed_world()
    expected = {one.tenant: one.after - one.before for one in world.repriced()}

    world.decide()
    world.run("12:20")

    changes = world.closings.corrections(NINE, world.hours.row(NINE).published)
    assert {one.tenant: one.new.cost - one.old.cost for one in changes} == expected
    assert world.usage.hours["other", NINE].total.unpriced_requests == 0
    assert world.repriced() == []


def test_a_later_close_for_another_reason_does_not_undo_the_decision() -> None:
    world = a_closed_world()
    world.decide()
    world.run("12:20")

    world.ingest("late", an_evidence("r-9"))
    world.run("13:20")

    assert world.closed("other", NINE) == int(Decimal("0.001") * 10**18)


def test_a_book_decided_for_one_tenant_leaves_the_others_alone() -> None:
    world = a_closed_world()
    assert [one.tenant for one in world.repriced("other")] == ["other"]

    world.decide("other")
    world.run("12:20")

    assert world.closed("other", NINE) == 10**15
    assert world.closed("acme", NINE) == CALL
