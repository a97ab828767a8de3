"""Valuation: the live lane and closing price a call the same way."""

from bedrock_meter import prices
from bedrock_meter.domain.model import model_of
from bedrock_meter.domain.policy import Policy
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
