"""Contacts of customers: those that the stack could not tell are found before they are needed."""

from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from bedrock_meter.cli.contacts import contacts_in, wrong_contacts
from bedrock_meter.policy_file import policy_of_text

REGION = "eu-central-1"
HERE = f"arn:aws:sns:{REGION}:123456789012"
GOLD = f"{HERE}:gold"
POLICY = f"""
defaults: {{contact: "{HERE}:everybody"}}
plans: {{gold: {{contact: "{GOLD}"}}}}
tenants:
  acme: {{plan: gold}}
  blue: {{contact: "{HERE}:blue"}}
"""


@dataclass
class StackWith:
    """What is asked of a stack: where it is, whom it may tell, and a client."""

    contacts: str = ""
    name: str = "bedrock-meter"
    place: str = REGION

    def parameter(self, name: str) -> str:
        assert name == "ContactTopicArns"
        return self.contacts

    def client(self, service: str) -> Any:
        return boto3.client(
            service, region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b"
        )


def a_policy(topic: str) -> Any:
    return policy_of_text(f"tenants: {{acme: {{contact: '{topic}'}}}}", "t")


def wrong(topic: str, stack: Any) -> list[str]:
    return list(wrong_contacts(a_policy(topic), stack))


def test_contacts_are_found_wherever_a_policy_names_them() -> None:
    assert contacts_in(policy_of_text(POLICY, "t")) == {
        f"{HERE}:everybody": "defaults.contact",
        GOLD: "plans.gold.contact",
        f"{HERE}:blue": "tenants.blue.contact",
    }


def test_a_policy_without_contacts_asks_nothing_of_the_stack() -> None:
    assert list(wrong_contacts(policy_of_text("tenants: {acme: {}}", "t"), None)) == []  # type: ignore[arg-type]


@mock_aws
def test_a_contact_that_can_be_told_is_not_spoken_of() -> None:
    stack = StackWith(f"{HERE}:others,{GOLD}")
    stack.client("sns").create_topic(Name="gold")

    assert wrong(GOLD, stack) == []


def test_a_contact_elsewhere_or_not_allowed_is_named_with_what_would_be_right() -> None:
    others = f"{HERE}:others"

    (elsewhere,) = wrong(GOLD.replace(REGION, "us-east-1"), StackWith())
    (unknown,) = wrong(GOLD, StackWith(others))

    assert elsewhere.endswith("is not in eu-central-1, where the stack is; name a topic there")
    assert unknown.startswith(f"tenants.acme.contact: {GOLD} is not among the stack's")
    assert unknown.endswith(
        f"make deploy STAGE=prod REGION={REGION} ARGS=ContactTopicArns={others},{GOLD}"
    )


@mock_aws
@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        (None, "cannot be found (NotFound); create the topic, or correct its ARN"),
        ({"KmsMasterKeyId": "alias/theirs"}, "is encrypted with alias/theirs, which the stack"),
        ({"KmsMasterKeyId": "alias/aws/sns"}, ""),
    ],
)
def test_the_topic_itself_is_looked_at(attributes: dict[str, str] | None, why: str) -> None:
    stack = StackWith(GOLD)
    if attributes is not None:
        stack.client("sns").create_topic(Name="gold", Attributes=attributes)

    found = wrong(GOLD, stack)

    assert why in "".join(found)
    assert bool(found) is bool(why)
