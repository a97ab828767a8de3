"""Made-up ids at closing: a bounded number of totals, nothing lost, earlier names go to zero."""

from dataclasses import replace

from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.records.tenant import POOLED
from bedrock_meter.domain.time.hours import Day
from bedrock_meter.jobs.rebuild_totals import Rebuilt, rebuild_totals
from tests.builders import NINE, an_evidence
from tests.jobs.world import World

CALL = 1_500_000 * 10**9
APART = Policy.from_document({"tenants": {"acme": {}}})
TWO = Policy.from_document({"attribution": {"most_unlisted": 2}, "tenants": {"acme": {}}})


def attacked(policy: Policy, forged: int = 30) -> World:
    world = World(policy)
    big = [an_evidence(f"b-{n}", metadata={"tenantId": f"big-{n % 2}"}) for n in range(4)]
    small = [an_evidence(f"f-{n}", metadata={"tenantId": f"forged-{n}"}) for n in range(forged)]
    world.ingest("one", *big, *small, an_evidence("a"), an_evidence("n", metadata=None))
    world.run()
    return world


def names(world: World) -> set[str | None]:
    return {tenant for (tenant, _), hour in world.usage.hours.items() if hour.total.requests}


def rebuilt(world: World) -> Rebuilt:
    return rebuild_totals(
        [Day("2026-11-21")],
        hours=world.hours,
        evidence=world.evidence,
        closings=world.closings,
        usage=world.usage,
        valuation_for=world.valuation,
    )


def test_ids_beyond_the_number_are_one_total_and_parquet_has_their_names() -> None:
    world = attacked(TWO)

    assert names(world) == {"acme", None, "big-0", "big-1", POOLED}
    assert world.closed(POOLED, NINE) == 30 * CALL
    assert world.usage.months[POOLED, "2026-11"].total.cost == 30 * CALL
    (rows,) = world.rollups.hours.values()
    assert "forged-7" in repr(rows)
    assert rebuilt(world).differences == ()


def test_names_of_an_earlier_closing_go_to_zero_when_they_are_pooled() -> None:
    world = attacked(APART)
    assert world.closed("forged-7", NINE) == CALL

    world.policy = TWO
    world.hours.ask(NINE)
    world.run("11:20")

    assert names(world) == {"acme", None, "big-0", "big-1", POOLED}
    assert world.closed("forged-7", NINE) == 0
    assert world.usage.months["forged-7", "2026-11"].total.cost == 0
    told = world.closings.corrections(NINE, world.hours.row(NINE).published)
    assert sum(one.new.cost - one.old.cost for one in told) == 0
    assert {one.tenant for one in told} >= {"forged-7", POOLED}
    assert rebuilt(world).differences == ()


def test_the_pool_goes_to_zero_when_it_is_not_needed_any_more() -> None:
    world = attacked(TWO)

    world.policy = replace(APART)
    world.hours.ask(NINE)
    world.run("11:20")

    assert POOLED not in names(world)
    assert world.closed("forged-7", NINE) == CALL
    assert rebuilt(world).differences == ()
