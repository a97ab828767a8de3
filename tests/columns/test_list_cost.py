"""`list_cost`: what the public list asks, whatever a tenant has agreed."""

import pytest

from bedrock_meter import prices
from bedrock_meter.columns.derive import derived_in_columns
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.totals.total import Total, total_of
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs.derive_calls import Derive, derived_by_rows, files_of
from tests.builders import NINE, an_evidence
from tests.columns.test_same_as_rows import a_store

UNKNOWN = "acme.superlm-9-v1:0"
AGREED = Policy.from_document(
    {
        "tenants": {
            "acme": {"contract": {"kind": "percent", "off": "12.5"}},
            "bolt": {
                "contract": {
                    "kind": "fixed", "match": "acme.*", "rates": {"input_tokens": "2"},
                }
            },
        }
    }
)  # fmt: skip
CALLS = [
    an_evidence("r-1"),
    an_evidence("r-2", metadata={"tenantId": "bolt"}),
    an_evidence("r-3", metadata={"tenantId": "bolt"}, model_id=UNKNOWN, error_code=None),
    an_evidence("r-4", error_code="ThrottlingException"),
]
WAYS = pytest.mark.parametrize("derive", [derived_by_rows, derived_in_columns])


def totals_under(policy: Policy, derive: Derive) -> dict[str | None, Total]:
    store, valuation = a_store([CALLS]), Valuation(policy, prices.shipped())
    return dict(derive(NINE, files_of(NINE, store), store, valuation).totals)


@WAYS
def test_over_all_tenants_it_is_the_cost_without_contracts(derive: Derive) -> None:
    agreed = total_of(totals_under(AGREED, derive).values())
    listed = total_of(totals_under(DEFAULT_POLICY, derive).values())

    assert agreed.list_cost == listed.list_cost == listed.cost
    assert agreed.cost != listed.cost


@WAYS
def test_a_contract_off_list_leaves_list_as_it_is(derive: Derive) -> None:
    acme = totals_under(AGREED, derive)["acme"]

    assert acme.cost * 1_000 == acme.list_cost * 875
    assert acme.list_cost > 0


@WAYS
def test_what_only_a_contract_prices_costs_nothing_at_list(derive: Derive) -> None:
    bolt = totals_under(AGREED, derive)["bolt"]
    without = totals_under(DEFAULT_POLICY, derive)["bolt"]

    assert bolt.cost > bolt.list_cost == without.list_cost
