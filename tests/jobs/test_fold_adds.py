"""Folds that add what moved to slot totals: as exact as reading all partials of the slot."""

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bedrock_meter.domain.time.hours import Slot
from bedrock_meter.domain.totals.live import MOST_ADDED
from bedrock_meter.jobs.fold_slot import FoldContext
from tests.builders import NINE, a_log_object, an_evidence, at
from tests.jobs.world import PLENTY, World

SLOT = Slot("2026-11-21T09:05")
CALL = 1_500_000 * 10**9


class Watched(World):
    """A world whose folds add where they can, and which counts what they read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads: Counter[str] = Counter()
        for name in ("partials_of", "partials_at"):
            setattr(self.live, name, self._counted(name, getattr(self.live, name)))

    def _counted(self, name: str, read: Any) -> Any:
        def counted(*args: Any) -> Any:
            self.reads[name] += 1
            return read(*args)

        return counted

    def deliver(self, name: str, tenant: str = "acme", version: int = 1) -> None:
        """Meter a log object, and fold its slot."""
        evidence = an_evidence(f"r-{name}", metadata={"tenantId": tenant})
        self.ingest(name, evidence, version=version)
        self.again(name)

    def again(self, *names: str) -> None:
        """Deliver stream records."""
        given = FoldContext(at("10:00"), (), lambda *_: None, lambda: PLENTY, few=0)
        self.fold(given=given, moved=[(SLOT, a_log_object(name).object_id) for name in names])

    def cost(self, tenant: str = "acme") -> int:
        """What slot totals and live page show, which must be the same."""
        use = self.live.totals_of_slot(SLOT).tenants.get(tenant)
        shown = self.usage.pages[NINE, 0].uses.get(tenant)
        assert use == shown
        return use.cost if use else 0


def test_a_fold_reads_what_moved_and_not_the_slot_again() -> None:
    world = Watched()
    for number in range(1 + MOST_ADDED):
        world.deliver(f"o-{number}")

    assert world.reads == {"partials_of": 1, "partials_at": MOST_ADDED}
    assert world.cost() == (1 + MOST_ADDED) * CALL


def test_a_record_that_comes_twice_has_the_slot_read_again() -> None:
    world = Watched()
    for name in ("one", "two"):
        world.deliver(name)

    world.again("two")

    assert world.cost() == 2 * CALL
    assert world.reads["partials_of"] == 2


def test_a_partial_that_is_replaced_is_never_added_to_itself() -> None:
    world = Watched()
    for name in ("one", "two"):
        world.deliver(name)

    world.deliver("two", tenant="other", version=2)

    assert (world.cost(), world.cost("other")) == (CALL, CALL)


def test_a_partial_whose_record_was_lost_is_found_within_some_folds() -> None:
    world = Watched()
    world.deliver("one")
    world.ingest("lost", an_evidence("r-lost"))
    for number in range(MOST_ADDED + 1):
        world.deliver(f"o-{number}")

    assert world.cost() == (MOST_ADDED + 3) * CALL


def test_a_fold_that_lost_a_race_reads_what_the_winner_put() -> None:
    world = Watched()
    world.deliver("one")
    world.ingest("two", an_evidence("r-two"))
    put, raced = world.live.put_slot_totals, []

    def once_raced(totals: Any) -> bool:
        if not raced:
            raced.append(totals)
            world.again("two")
        return put(totals)

    world.live.put_slot_totals = once_raced
    world.again("two")

    assert world.cost() == 2 * CALL


EVENTS = st.tuples(
    st.sampled_from(["new", "again", "replace", "lose"]),
    st.integers(0, 5),
    st.sampled_from(["acme", "other"]),
)


@given(st.lists(EVENTS, max_size=20))
def test_whatever_comes_twice_late_or_never_slot_totals_are_their_partials_in_the_end(
    events: list[tuple[str, int, str]],
) -> None:
    world, versions = Watched(), Counter[str]()
    for kind, number, tenant in events:
        name = f"o-{number}"
        if kind == "again" and versions[name]:
            world.again(name)
        elif kind in ("replace", "new") or not versions[name]:
            versions[name] += 1
            world.deliver(name, tenant, versions[name])
        else:
            versions[name] += 1
            evidence = an_evidence(f"r-{name}", metadata={"tenantId": tenant})
            world.ingest(name, evidence, version=versions[name])
    for name in versions:
        world.again(name)

    right = Counter(row.tenant for part in world.live.partials.values() for row in part.rows)
    for tenant in ("acme", "other"):
        if world.live.partials:
            assert world.cost(tenant) == right[tenant] * CALL
