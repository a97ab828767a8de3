"""What an audit values calls with: as a close does, but nobody is asked and nothing is kept."""

from copy import deepcopy

from bedrock_meter import prices
from bedrock_meter.domain.charge import UNRESOLVED_MODEL
from bedrock_meter.domain.decisions import POLICY, Decision
from bedrock_meter.domain.policy import Policy
from bedrock_meter.jobs.value_calls import remembered_valuation
from bedrock_meter.local.decisions import MemoryDecisions, MemoryPolicies
from bedrock_meter.local.profiles import MemoryProfileFacts
from tests.builders import ACCOUNT, NINE, REGION, an_evidence, at

PROFILE = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/a1b2c3d4e5f6"


def test_a_profile_nobody_knows_stays_unknown_and_nothing_is_remembered() -> None:
    facts = MemoryProfileFacts()
    before = deepcopy(vars(facts))
    valuation = remembered_valuation(
        NINE,
        decisions=MemoryDecisions(),
        policies=MemoryPolicies(),
        books=lambda _: prices.shipped(),
        facts=facts,
    )

    _, charge = valuation.of(an_evidence(model_id=PROFILE))

    assert charge.status == UNRESOLVED_MODEL
    assert vars(facts) == before


def test_calls_are_valued_by_what_was_decided_for_their_hour() -> None:
    decisions, policies = MemoryDecisions(), MemoryPolicies()
    policy = Policy.from_document({"version": 1, "attribution": {"tenant_keys": ["customer"]}})
    policies.put(policy)
    decisions.append(Decision(POLICY, policy.id, NINE, None, None, at("12:00")))

    valuation = remembered_valuation(
        NINE,
        decisions=decisions,
        policies=policies,
        books=lambda _: prices.shipped(),
        facts=MemoryProfileFacts(),
    )

    assert valuation.policy == policy
