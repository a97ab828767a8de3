"""Anybody who may call Bedrock can make up tenant ids: they must neither hide nor harm anybody."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from bedrock_meter.domain.levels.flag import ENFORCE
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.live import MOST_UNLISTED, SlotTotals
from bedrock_meter.domain.totals.live_page import ON_A_PAGE
from bedrock_meter.jobs.assess_tenants import Assessor, AssessStores, tenants_to_assess
from bedrock_meter.jobs.fold_slot import FOR_LIVE_HOURS, FoldContext, refresh_live_hours
from bedrock_meter.jobs.live_pages import FOR_NOTES
from bedrock_meter.jobs.read_spend import LiveUses, reach_at
from bedrock_meter.local.levels import MemoryLevels
from tests.builders import NINE, an_evidence, at
from tests.jobs.world import PLENTY, World

FORGED = 4_000
A_BUDGET = {"defaults": {"budgets": {"day": {"usd": "1"}}}}
LISTED = Policy.from_document({**A_BUDGET, "tenants": {"zz-quiet": {}}})


class Counted:
    """Passes everything on, and counts the requests that a table would have got.

    A batch is as many as its hundreds of keys.
    """

    def __init__(self, inner: Any, calls: Counter[str]) -> None:
        self._inner, self._calls = inner, calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        def counted(*args: Any, **named: Any) -> Any:
            batch = args[1] if name == "live_pages" else ()
            self._calls[name] += -(-len(list(batch)) // 100) or 1
            return method(*args, **named)

        return counted


class Attacked(World):
    """A world whose folds assess for real, and count the requests they make."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self.levels, self.calls = MemoryLevels(), Counter[str]()
        self.order: list[str] = []
        self.left = PLENTY
        self.costs = timedelta()
        """How long one assessment takes."""

    def attack(self) -> None:
        """Make up ids, each with one small call, beside one tenant that runs away."""
        forged = [
            an_evidence(f"f-{n}", "09:05:00", metadata={"tenantId": f"forged-{n}"})
            for n in range(FORGED)
        ]
        runaway = [
            an_evidence(f"r-{n}", "09:05:00", usage={"input_tokens": 10**9},
                        metadata={"tenantId": "runaway"})
            for n in range(3)
        ]  # fmt: skip
        quiet = an_evidence("q", "09:05:00", metadata={"tenantId": "zz-quiet"})
        self.ingest("attack", *forged, *runaway, quiet)

    def given(self, now: str = "10:00", remaining: Any = None) -> FoldContext:
        names = self.policy.tenants.keys()
        return FoldContext(at(now), names, self._assessing(now), remaining or (lambda: self.left))

    def _assessing(self, now: str) -> Callable[[str, Mapping[Hour, Sequence[SlotTotals]]], None]:
        assessor = Assessor(
            now=at(now),
            policy=self.policy,
            reach=reach_at(at(now), hours=self.hours, live=self.live),
            usage=Counted(self.usage, self.calls),
            live_uses=LiveUses(Counted(self.live, self.calls)),
            store=Counted(self.levels, self.calls),
            mode=ENFORCE,
        )

        def assess(tenant: str, slot_totals: Mapping[Hour, Sequence[SlotTotals]]) -> None:
            self.left -= self.costs
            self.order.append(tenant)
            assessor.live(tenant, slot_totals)

        return assess

    def fold_stores(self) -> Any:
        plain = super().fold_stores()
        return plain._replace(
            live=Counted(self.live, self.calls), usage=Counted(self.usage, self.calls)
        )


def test_a_runaway_is_flagged_in_the_first_fold_among_4000_forged_ids() -> None:
    world = Attacked(LISTED)
    world.attack()

    world.fold()

    assert world.levels.flags["runaway"].action == "block"
    assert world.order[:2] == ["zz-quiet", "runaway"]
    assert len(world.order) <= MOST_UNLISTED + 2
    assert world.calls.total() <= 10 * (MOST_UNLISTED + 2)


def test_a_fold_without_time_assesses_the_largest_and_defers_the_others() -> None:
    world = Attacked(LISTED)
    world.attack()
    world.left, world.costs = FOR_LIVE_HOURS + timedelta(seconds=5), timedelta(seconds=1)

    world.fold()

    assert world.order[:2] == ["zz-quiet", "runaway"]
    assert len(world.order) == 6
    assert world.levels.flags["runaway"].action == "block"
    (note,) = [note for note in world.refreshes.notes if note.assess]
    assert not set(note.tenants) & set(world.order)

    world.left, world.refreshes.notes = FOR_LIVE_HOURS + timedelta(seconds=5), []
    refresh_live_hours(note, world.given("10:01"), world.fold_stores())

    assert len(world.order) == len(set(world.order)) == 12
    (again,) = [note for note in world.refreshes.notes if note.assess]
    assert len(again.tenants) == len(note.tenants) - 6
    world.left, world.refreshes.notes, world.costs = PLENTY, [], timedelta()
    refresh_live_hours(again, world.given("10:02"), world.fold_stores())

    assert world.refreshes.notes == []
    assert len(world.order) == len(set(world.order)) == MOST_UNLISTED + 1


def test_the_hourly_run_assesses_in_the_same_order_after_those_that_are_not_green() -> None:
    world = Attacked(LISTED)
    world.attack()
    world.fold()
    late = an_evidence("w", "09:05:00", metadata={"tenantId": "late"}, usage={"input_tokens": 9**9})
    world.ingest("late", late)
    world.fold(given=FoldContext(at("10:01"), {"zz-quiet"}, lambda *_: None, lambda: PLENTY))

    named = tenants_to_assess(
        0,
        1,
        reach=reach_at(at("10:05"), hours=world.hours, live=world.live),
        listed=LISTED.tenants,
        stores=cast(AssessStores, world),
    )

    assert named[:3] == ["runaway", "zz-quiet", "late"]
    assert len(named) == MOST_UNLISTED + 1


def test_live_hours_that_there_was_no_time_for_are_refreshed_later() -> None:
    world = Attacked(LISTED)
    world.attack()
    world.left = FOR_NOTES - timedelta(seconds=1)

    world.fold()

    assert not any(page.uses for page in world.usage.pages.values())
    world.left = PLENTY
    for note in list(world.refreshes.notes):
        refresh_live_hours(note, world.given("10:01"), world.fold_stores())
    uses = {name: use for page in world.usage.pages.values() for name, use in page.uses.items()}
    assert len(uses) == MOST_UNLISTED + 1
    assert uses["runaway"].requests == 3
    assert max(len(page.uses) for page in world.usage.pages.values()) <= 2 * ON_A_PAGE


def test_the_money_of_forged_ids_is_on_the_slot_totals_though_their_names_are_not() -> None:
    world = Attacked(LISTED)
    world.attack()

    world.fold()

    (totals,) = world.live.slot_totals_of(NINE)
    (partial,) = world.live.partials.values()
    shown = sum(use.cost for use in totals.tenants.values()) + totals.overflow.cost
    assert shown == sum(row.cost for row in partial.rows)
    assert totals.overflow.requests == FORGED + 1 - MOST_UNLISTED
