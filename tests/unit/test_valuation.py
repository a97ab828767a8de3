"""Valuation: the live lane and closing price a call the same way."""

from collections.abc import Mapping
from datetime import datetime

import pytest

from bedrock_meter import prices
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.pricing.model import model_of
from bedrock_meter.domain.totals.rollup import ClosedCall
from bedrock_meter.domain.totals.tally import tally
from bedrock_meter.domain.totals.valuation import Valuation
from tests.builders import REGION, an_evidence, at
from tests.price_builders import dollars

CONTRACT = {
    "kind": "fixed",
    "match": "acme.superlm-9-v1:0",
    "rates": {"input_tokens": "2", "output_tokens": "10"},
}


def test_a_contract_for_a_model_without_a_list_price_holds_in_both_lanes() -> None:
    policy = Policy.from_document({"tenants": {"acme": {"contract": CONTRACT}}})
    valuation = Valuation(policy, prices.shipped())
    call = an_evidence(model_id="acme.superlm-9-v1:0")

    _, charge = valuation.of(call)
    rate_card = valuation.rate_card_for(
        model_of(call.model_id), REGION, "standard", at("09:05"), tenant="acme"
    )

    assert charge.status == "priced"
    assert rate_card.cost_of(call.usage, 0) == (charge.priced, {})


ROUTER = "arn:aws:bedrock:us-east-1:111122223333:default-prompt-router/anthropic.claude:1"
PROFILE = "arn:aws:bedrock:us-east-1:111122223333:inference-profile/"


def test_a_routed_call_costs_what_the_model_costs_that_its_router_chose() -> None:
    valuation = Valuation(DEFAULT_POLICY, prices.shipped())
    chosen = f"{PROFILE}us.anthropic.claude-sonnet-4-6"
    routed = an_evidence(model_id=ROUTER, body_model=chosen)

    _, charge = valuation.of(routed)
    _, direct = valuation.of(an_evidence(model_id=chosen))

    assert (charge.status, dollars(charge)) == ("priced", dollars(direct))


@pytest.mark.parametrize("named", [None, "claude-sonnet-4-6", "provisioned", f"{PROFILE}x", ROUTER])
def test_a_router_that_names_no_model_stays_unresolved(named: str | None) -> None:
    _, charge = Valuation(DEFAULT_POLICY, prices.shipped()).of(
        an_evidence(model_id=ROUTER, body_model=named)
    )

    assert (charge.status, charge.reason) == ("unresolved_model", "opaque_model_id")


def test_what_a_body_says_of_its_model_prices_nothing_but_routers() -> None:
    arn = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghijkl"

    _, charge = Valuation(DEFAULT_POLICY, prices.shipped()).of(
        an_evidence(model_id=arn, body_model="us.anthropic.claude-sonnet-4-6")
    )

    assert charge.status == "unresolved_model"


def test_the_counts_of_a_failed_call_are_in_no_total() -> None:
    valuation = Valuation(DEFAULT_POLICY, prices.shipped())
    failed = an_evidence(error_code="ModelStreamErrorException")

    (total,) = tally([ClosedCall("one", failed, *valuation.of(failed))]).values()

    assert (total.requests, total.errors, total.cost) == (1, 1, 0)
    assert (dict(total.usage), total.models[failed.model_id].tokens) == ({}, 0)


def test_entries_of_metadata_that_the_policy_does_not_read_make_no_other_caller() -> None:
    valuation = Valuation(DEFAULT_POLICY, prices.shipped())
    sessions = [{"session": f"s-{n}", "tenantId": "acme", "app": "chat"} for n in range(3)]

    one, *others = [valuation.attribution_of(each, None, "") for each in sessions]

    assert (one.tenant, one.dimensions) == ("acme", {"application": "chat"})
    assert all(other is one for other in others)
    assert valuation.attribution_of({"session": "s-1"}, None, "").tenant is None
    assert valuation.attribution_of({**sessions[0], "app": "rag"}, None, "") != one


APPLICATION_PROFILE = (
    f"arn:aws:bedrock:{REGION}:111122223333:application-inference-profile/abc123def456"
)


def test_the_profiles_of_many_calls_are_learnt_about_together_with_whether_any_succeeded() -> None:
    learnt: list[Mapping[str, bool]] = []
    valuation = Valuation(DEFAULT_POLICY, prices.shipped(), learning=learnt.append)
    bare, other = an_evidence(model_id="abc123def456"), APPLICATION_PROFILE.replace("abc", "xyz")

    valuation.learn(
        [
            an_evidence(model_id=APPLICATION_PROFILE, error_code="ThrottlingException"),
            bare,
            an_evidence(),
            an_evidence(model_id=other, error_code="ThrottlingException"),
        ]
    )
    valuation.learn([an_evidence()])

    assert learnt == [{APPLICATION_PROFILE: True, other: False}]


def test_a_call_is_valued_by_what_it_learns_of_its_profile_alone_too() -> None:
    known: dict[str, str] = {}

    def learn(named: Mapping[str, bool]) -> None:
        known.update((arn, "acme") for arn, succeeded in named.items() if succeeded)

    def fact_for(arn: str, at: datetime) -> ProfileFact | None:
        tags = {"tenant": known[arn]} if arn in known else None
        return ProfileFact(arn, (), None, tags, at, found=True) if tags else None

    valuation = Valuation(DEFAULT_POLICY, prices.shipped(), fact_for, learning=learn)
    call = an_evidence(model_id=APPLICATION_PROFILE, metadata=None)

    failed = valuation.of(call._replace(error_code="ThrottlingException"))
    good = valuation.of(call)
    at_another_book = valuation.at_book(prices.shipped()).of(call)

    assert [one[0].tenant for one in (failed, good, at_another_book)] == [None, "acme", "acme"]


def test_a_policy_names_the_tenant_of_a_profile_of_which_nothing_is_known() -> None:
    signs = {"recognised_by": {"profiles": [APPLICATION_PROFILE]}}
    valuation = Valuation(Policy.from_document({"tenants": {"acme": signs}}), prices.shipped())

    attribution, charge = valuation.of(an_evidence(model_id="abc123def456", metadata=None))

    assert (attribution.tenant, attribution.rule) == ("acme", "profile_tags")
    assert charge.status == "unresolved_model"
