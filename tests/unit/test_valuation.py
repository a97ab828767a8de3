"""Valuation: the live lane and closing price a call the same way."""

from collections.abc import Mapping
from datetime import datetime

from bedrock_meter import prices
from bedrock_meter.domain.model import model_of
from bedrock_meter.domain.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.profile import ProfileFact
from bedrock_meter.domain.valuation import Valuation
from tests.builders import REGION, an_evidence, at

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
    sheet = valuation.sheet_for(
        model_of(call.model_id), REGION, "standard", at("09:05"), tenant="acme"
    )

    assert charge.status == "priced"
    assert sheet.cost_of(call.usage, 0) == (charge.priced, {})


def test_entries_of_metadata_that_the_policy_does_not_read_make_no_other_caller() -> None:
    valuation = Valuation(DEFAULT_POLICY, prices.shipped())
    sessions = [{"session": f"s-{n}", "tenantId": "acme", "app": "chat"} for n in range(3)]

    one, *others = [valuation.attribution_of(each, None, "") for each in sessions]

    assert (one.tenant, one.dimensions) == ("acme", {"application": "chat"})
    assert all(other is one for other in others)
    assert valuation.attribution_of({"session": "s-1"}, None, "").tenant is None
    assert valuation.attribution_of({**sessions[0], "app": "rag"}, None, "") != one


PROFILE = f"arn:aws:bedrock:{REGION}:111122223333:application-inference-profile/abc123def456"


def test_the_profiles_of_many_calls_are_learnt_about_together_with_whether_any_succeeded() -> None:
    learnt: list[Mapping[str, bool]] = []
    valuation = Valuation(DEFAULT_POLICY, prices.shipped(), learning=learnt.append)
    bare, other = an_evidence(model_id="abc123def456"), PROFILE.replace("abc", "xyz")

    valuation.learn(
        [
            an_evidence(model_id=PROFILE, error_code="ThrottlingException"),
            bare,
            an_evidence(),
            an_evidence(model_id=other, error_code="ThrottlingException"),
        ]
    )
    valuation.learn([an_evidence()])

    assert learnt == [{PROFILE: True, other: False}]


def test_a_call_is_valued_by_what_it_learns_of_its_profile_alone_too() -> None:
    known: dict[str, str] = {}

    def learn(named: Mapping[str, bool]) -> None:
        known.update((arn, "acme") for arn, succeeded in named.items() if succeeded)

    def fact_for(arn: str, at: datetime) -> ProfileFact | None:
        tags = {"tenant": known[arn]} if arn in known else None
        return ProfileFact(arn, (), None, tags, at, found=True) if tags else None

    valuation = Valuation(DEFAULT_POLICY, prices.shipped(), fact_for, learning=learn)
    call = an_evidence(model_id=PROFILE, metadata=None)

    failed = valuation.of(call._replace(error_code="ThrottlingException"))
    good = valuation.of(call)
    at_another_book = valuation.at_book(prices.shipped()).of(call)

    assert [one[0].tenant for one in (failed, good, at_another_book)] == [None, "acme", "acme"]


def test_a_policy_names_the_tenant_of_a_profile_of_which_nothing_is_known() -> None:
    signs = {"recognised_by": {"profiles": [PROFILE]}}
    valuation = Valuation(Policy.from_document({"tenants": {"acme": signs}}), prices.shipped())

    attribution, charge = valuation.of(an_evidence(model_id="abc123def456", metadata=None))

    assert (attribution.tenant, attribution.rule) == ("acme", "profile_tags")
    assert charge.status == "unresolved_model"
