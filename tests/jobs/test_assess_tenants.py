"""The full lane: one tenant that cannot be assessed keeps no other from being assessed."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.levels.stored_state import StoredState
from bedrock_meter.domain.policy.decisions import POLICY, Decision
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.jobs.assess_tenants import MOST_FAILED, AssessStores, assess_bucket
from bedrock_meter.local.decisions import MemoryDecisions, MemoryPolicies
from bedrock_meter.local.levels import MemoryLevels
from tests.builders import a_log_object, an_evidence, at
from tests.jobs.world import PLENTY, World

NAMES = [f"tenant-{number}" for number in range(MOST_FAILED + 2)]


class NoPast:
    """Nobody called before."""

    def costs(self, tenant: str, first: Hour, until: Hour) -> Mapping[Hour, int]:
        return {}


class Levels(MemoryLevels):
    """Levels of which some cannot be read."""

    def __init__(self, broken: list[str]) -> None:
        super().__init__()
        self._broken = broken
        self.asked: list[str] = []

    def stored_state(self, tenant: str) -> StoredState:
        self.asked.append(tenant)
        if tenant in self._broken:
            raise RuntimeError(f"no level of {tenant}")
        return super().stored_state(tenant)


def a_bucket(broken: list[str]) -> AssessStores:
    """Every tenant has spent all of the budget of its day."""
    world, policies, decisions = World(), MemoryPolicies(), MemoryDecisions()
    budget = {"budgets": {"day": {"usd": "0.001"}}}
    policy = Policy.from_document({"version": 1, "tenants": dict.fromkeys(NAMES, budget)})
    policies.put(policy)
    since = datetime(2026, 11, 1, tzinfo=UTC)
    decisions.append(Decision(POLICY, policy.id, None, None, None, since))
    for name in NAMES:
        call = an_evidence(f"call of {name}", metadata={"tenantId": name})
        world.ingest(name, call, log_object=a_log_object(name))
    world.fold("09:59")
    world.run("10:20")
    return AssessStores(
        decisions, policies, world.hours, world.live, world.closings, world.usage, NoPast(),
        Levels(broken),
    )  # fmt: skip


def assessed(stores: AssessStores) -> dict[str, Level]:
    """Assess the whole bucket, which must end with `RuntimeError`."""
    levels: dict[str, Level] = {}

    def assess_all() -> None:
        for found in assess_bucket(
            bucket=0, of=1, now=at("10:25"), remaining=lambda: PLENTY, mode="enforce", stores=stores
        ):
            levels[found.tenant] = found.level

    with pytest.raises(RuntimeError, match="no level of"):
        assess_all()
    return levels


def test_all_others_are_assessed_and_then_the_run_fails() -> None:
    stores = a_bucket(broken=NAMES[:2])

    levels = assessed(stores)

    assert levels == dict.fromkeys(NAMES[2:], Level.RED)


def test_a_run_in_which_nobody_can_be_assessed_ends_soon() -> None:
    stores = a_bucket(broken=NAMES)

    assert assessed(stores) == {}
    assert len(stores.levels.asked) == MOST_FAILED  # type: ignore[attr-defined]
