"""The page about the policy file: its example is read, and it leaves nothing out."""

import re
from pathlib import Path

import pytest

from bedrock_meter.domain.levels.level import Level
from bedrock_meter.domain.policy.matchers import MATCHERS
from bedrock_meter.domain.policy.policy import TENANT_KEYS, Policy
from bedrock_meter.domain.policy.recognition import ATTRIBUTION_KEYS, DIMENSIONS
from bedrock_meter.domain.policy.terms import PLAN_KEYS
from bedrock_meter.policy_file import policy_of_text

PAGE = (Path(__file__).parents[2] / "docs/tenants.md").read_text()
EXAMPLE = re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)[0]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return policy_of_text(EXAMPLE, "docs/tenants.md")


def test_the_example_means_what_its_remarks_say(policy):
    acme, bolt = policy.plan_for("acme"), policy.plan_for("bolt#1")

    assert (acme.share.yellow, acme.share.orange, acme.share.red) == (700, 900, 1000)
    assert acme.tokens_per_minute == (200_000, 320_000, 400_000)
    assert acme.responses[Level.ORANGE].deny == ("anthropic.claude-opus-*",)
    assert (bolt.day.cost, bolt.day.requests, bolt.month.tokens) == (None, None, 50_000_000)
    assert policy.contract_for("acme") == {"id": "business", "kind": "percent", "off": "12.5"}
    assert (
        policy.recognition.principals.tenant_of("arn:aws:iam::111122223333:user/acme-bot") == "acme"
    )


def test_who_may_state_ids_is_said_in_the_example(policy):
    stating = policy.recognition.stating

    assert stating.may_state("arn:aws:sts::111122223333:assumed-role/saas-api-1/s")
    assert not stating.may_state("arn:aws:sts::111122223333:assumed-role/acme-1/s")
    assert stating.witness_only == {"bolt#1"}


def test_the_defaults_of_the_example_are_the_defaults(policy):
    assert policy.defaults == Policy.from_document({}).defaults


@pytest.mark.parametrize(
    "key", sorted({*PLAN_KEYS, *TENANT_KEYS, *ATTRIBUTION_KEYS, *MATCHERS, *DIMENSIONS})
)
def test_every_key_of_the_file_stands_in_the_example(key):
    assert re.search(rf"\b{key}:", EXAMPLE)
