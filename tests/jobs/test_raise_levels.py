"""The live lane: a tenant that spends too much rises at once; else no channel is made."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bedrock_meter.domain.policy.decisions import POLICY, Decision
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs.fold_slot import MovedSlot
from bedrock_meter.jobs.raise_levels import LiveLane
from bedrock_meter.local.decisions import MemoryDecisions, MemoryPolicies
from bedrock_meter.local.levels import MemoryLevels
from bedrock_meter.local.notices import MemoryNotices
from bedrock_meter.ports.levels import LevelStore, NoticeChannel, NoticeOutbox
from tests.builders import an_evidence, at
from tests.jobs.world import PLENTY, World


@dataclass
class Stores(World):
    """The stores of the live lane; `late` names those that were asked for late."""

    decisions: MemoryDecisions = field(default_factory=MemoryDecisions)
    policies: MemoryPolicies = field(default_factory=MemoryPolicies)
    kept: MemoryLevels = field(default_factory=MemoryLevels)
    notices: MemoryNotices = field(default_factory=MemoryNotices)
    late: list[str] = field(default_factory=list)

    @property
    def levels(self) -> LevelStore:
        self.late.append("levels")
        return self.kept

    @property
    def outbox(self) -> NoticeOutbox:
        self.late.append("outbox")
        return self.kept

    @property
    def channels(self) -> list[NoticeChannel]:
        self.late.append("channels")
        return [self.notices]


def a_lane_with(daily_usd: str) -> tuple[Stores, LiveLane]:
    """A tenant with a budget of a day, and one call that costs it 0.0015 dollars."""
    stores = Stores()
    budget = {"budgets": {"day": {"usd": daily_usd}}}
    policy = Policy.from_document({"version": 1, "tenants": {"acme": budget}})
    stores.policies.put(policy)
    stores.decisions.append(
        Decision(POLICY, policy.id, None, None, None, datetime(2026, 11, 1, tzinfo=UTC))
    )
    stores.hours.begin_at(Hour("2026-11-21T09"))
    stores.ingest("one", an_evidence())
    return stores, LiveLane(stores, "enforce", timedelta())


def moved(stores: Stores) -> list[MovedSlot]:
    return [MovedSlot(slot, object_id) for slot, object_id in stores.live.partials]


def test_the_fold_that_raises_a_tenant_sends_the_notice() -> None:
    stores, lane = a_lane_with("0.001")

    folded = lane.fold(moved(stores), now=at("09:59"), remaining=lambda: PLENTY)

    assert folded == (0, ())
    assert [notice.tenant for notice in stores.notices.sent] == ["acme"]
    assert list(stores.kept.pending()) == []


def test_no_notice_is_sent_and_no_channel_is_made_while_no_level_rises() -> None:
    stores, lane = a_lane_with("1000")

    lane.fold(moved(stores), now=at("09:59"), remaining=lambda: PLENTY)

    assert stores.late == ["levels"]


def test_a_tenant_whose_assessment_was_deferred_rises_with_the_refresh() -> None:
    stores, lane = a_lane_with("0.001")
    lane.fold(moved(stores), now=at("09:59"), remaining=timedelta)
    assert stores.notices.sent == []

    for note in stores.refreshes.notes:
        lane.refresh(note, now=at("09:59"), remaining=lambda: PLENTY)

    assert [notice.tenant for notice in stores.notices.sent] == ["acme"]
