"""What an audit values calls with: as a close does, but nobody is asked and nothing is kept."""

from datetime import timedelta

from bedrock_meter import prices
from bedrock_meter.domain.policy.decisions import POLICY, Decision
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.pricing.charge import PRICED, UNRESOLVED_MODEL
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.value_calls import remembered_valuation
from bedrock_meter.local.decisions import MemoryDecisions, MemoryPolicies
from bedrock_meter.local.profiles import MemoryProfileFacts
from tests.builders import ACCOUNT, NINE, REGION, an_evidence, at

PROFILE = f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/a1b2c3d4e5f6"
HAIKU_ARN = f"arn:aws:bedrock:{REGION}::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0"


def valuation_with(facts: MemoryProfileFacts, *policies: Policy) -> Valuation:
    """A valuation of nine o'clock, for which these policies were decided."""
    decisions, documents = MemoryDecisions(), MemoryPolicies()
    for policy in policies:
        documents.put(policy)
        decisions.append(Decision(POLICY, policy.id, NINE, None, None, at("12:00")))
    return remembered_valuation(
        NINE,
        decisions=decisions,
        policies=documents,
        books=lambda _: prices.shipped(),
        facts=facts,
    )


def test_a_profile_nobody_knows_stays_unknown_and_nothing_is_remembered() -> None:
    facts = MemoryProfileFacts()

    _, charge = valuation_with(facts).of(an_evidence(model_id=PROFILE))

    assert charge.status == UNRESOLVED_MODEL
    assert (facts.kept, facts.answered) == ({}, {})


def test_what_is_remembered_of_a_profile_counts() -> None:
    facts = MemoryProfileFacts()
    answer = ProfileFact(
        PROFILE, (HAIKU_ARN,), "in_region", {"tenantId": "tagged"}, at("08:00"), found=True
    )
    facts.remember(answer, at("08:00") + timedelta(hours=1))

    evidence = an_evidence(model_id=PROFILE, metadata=None)
    attribution, charge = valuation_with(facts).of(evidence)

    assert (attribution.tenant, charge.status) == ("tagged", PRICED)


def test_calls_are_valued_by_what_was_decided_for_their_hour() -> None:
    policy = Policy.from_document({"version": 1, "attribution": {"tenant_keys": ["customer"]}})

    assert valuation_with(MemoryProfileFacts(), policy).policy == policy
