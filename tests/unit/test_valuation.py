"""Valuation: the live lane and closing price a call the same way."""

from bedrock_meter import prices
from bedrock_meter.domain.model import model_of
from bedrock_meter.domain.policy import DEFAULT_POLICY, Policy
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
