"""An outsider states a victim's id: by default the victim is blocked, with `may_state` nobody."""

from typing import Any

import pytest

from bedrock_meter.cli.checks import Severity, stating_findings
from bedrock_meter.domain.levels.flag import ENFORCE
from bedrock_meter.domain.policy.attribution import attribution_for
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.jobs.assess_tenants import Assessor
from bedrock_meter.jobs.read_spend import LiveUses, reach_at
from bedrock_meter.local.levels import MemoryLevels
from tests.builders import ACCOUNT, NINE, an_evidence, at
from tests.jobs.world import World

BACKEND, OUTSIDER = (f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/s" for role in ("saas", "evil"))
TENANTS = {
    "victim": {"budgets": {"day": {"usd": "1"}}, "recognised_by": {"roles": ["victim-*"]}},
    "acme": {"budgets": {"day": {"usd": "1"}}},
}
PROFILE = f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/a1b2c3d4e5f6"
DEAR = {"input_tokens": 10**9}


def a_policy(victim: dict[str, Any] | None = None, **attribution: Any) -> Policy:
    tenants = {**TENANTS, "victim": {**TENANTS["victim"], **(victim or {})}}
    return Policy.from_document({"attribution": attribution, "tenants": tenants})


ONLY_BACKEND = a_policy(may_state={"roles": ["saas"]})


def flags_after(policy: Policy, principal: str, tenant: str = "victim") -> dict[str, str]:
    """Who is held back, and how, after a dear call of a principal that states a tenant."""
    world, levels = World(policy), MemoryLevels()
    stated = an_evidence("x", metadata={"tenantId": tenant}, principal=principal, usage=DEAR)
    world.ingest("one", stated)
    given = world.given("10:00")
    assessor = Assessor(
        now=at("10:00"),
        policy=policy,
        reach=reach_at(at("10:00"), hours=world.hours, live=world.live),
        usage=world.usage,
        live_uses=LiveUses(world.live),
        store=levels,
        mode=ENFORCE,
    )
    world.fold(given=given._replace(assess=assessor.live))
    world.run()
    return {name: flag.action for name, flag in levels.flags.items()}


def test_by_default_an_outsider_can_have_a_tenant_blocked_and_doctor_says_so() -> None:
    assert flags_after(a_policy(), OUTSIDER) == {"victim": "block"}
    (finding,) = stating_findings(ENFORCE, a_policy())
    assert finding.severity is Severity.NOTE
    assert "blocked" in finding.text


@pytest.mark.parametrize(
    "policy",
    [
        ONLY_BACKEND,
        a_policy({"witness_only": True}),
        a_policy(sources=["profile_tags", "principal"]),
    ],
    ids=["may_state", "witness_only", "no metadata"],
)
def test_where_the_policy_says_whose_word_counts_nobody_is_blocked(policy: Policy) -> None:
    assert flags_after(policy, OUTSIDER) == {}


@pytest.mark.parametrize("tenant", ["victim", "acme"])
def test_a_backend_that_may_state_ids_has_its_tenants_blocked(tenant: str) -> None:
    assert flags_after(ONLY_BACKEND, BACKEND, tenant) == {tenant: "block"}


@pytest.mark.parametrize(
    ("sources", "payer"),
    [(["profile_tags", "principal"], "victim"), (["principal", "profile_tags"], "acme")],
)
def test_whose_profile_another_tenant_calls_through_pays_or_not_as_sources_are_ordered(
    sources: list[str], payer: str
) -> None:
    tenants = {"victim": {}, "acme": {"recognised_by": {"roles": ["acme-app"]}}}
    policy = Policy.from_document({"attribution": {"sources": sources}, "tenants": tenants})
    fact = ProfileFact(PROFILE, (), None, {"tenantId": "victim"}, at("08:00"), found=True)

    found = attribution_for(
        policy,
        metadata=None,
        profile=fact,
        principal=f"arn:aws:sts::{ACCOUNT}:assumed-role/acme-app/s",
    )

    assert (found.tenant, found.conflict) == (payer, True)


def test_what_an_outsider_states_is_counted_as_a_conflict_and_nobodys() -> None:
    world = World(ONLY_BACKEND)
    world.ingest("one", an_evidence("x", metadata={"tenantId": "victim"}, principal=OUTSIDER))
    world.run()

    total = world.usage.hours[None, NINE].total
    assert (total.requests, total.conflicts, dict(total.rules)) == (1, 1, {"none": 1})
    assert ("victim", NINE) not in world.usage.hours
