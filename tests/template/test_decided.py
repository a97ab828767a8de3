"""Whoever reads logs cannot write what people decided: their own permissions, evaluated."""

from typing import Any

import pytest

from tests.template.permissions import Principal
from tests.template.test_boundary import written_out
from tests.template.test_deployer import NAMED_BY_CLOUDFORMATION

TABLE = NAMED_BY_CLOUDFORMATION["AWS::DynamoDB::Table"]
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
READERS_OF_LOGS = ("Ingest", "CloseDay")
DECIDED = {
    "decisions on policies": "DECISIONS#policy",
    "decisions on books": "DECISIONS#book",
    "the switch": "SWITCH",
    "overrides, levels and notices": "T#acme",
}


def with_permissions_of(function: str, template: Any) -> Principal:
    """Somebody with all statements of a function's role that are about the Tenants table."""
    (policy,) = template.resources[f"{function}Role"]["Properties"]["Policies"]
    statements = [
        statement | {"Resource": written_out(statement["Resource"], template)}
        for statement in policy["PolicyDocument"]["Statement"]
        if "TenantsTable" in template.ids_in(statement.get("Resource"))
    ]
    return Principal([{"Statement": statements}])


@pytest.mark.parametrize("function", READERS_OF_LOGS)
@pytest.mark.parametrize("what", DECIDED)
def test_who_reads_logs_may_write_nothing_that_was_decided(
    translated_template: Any, function: str, what: str
) -> None:
    who = with_permissions_of(function, translated_template)

    for write in WRITES:
        keys = {"dynamodb:LeadingKeys": [DECIDED[what]]}
        assert not who.may(f"dynamodb:{write}", TABLE, keys), write


@pytest.mark.parametrize("function", READERS_OF_LOGS)
def test_who_reads_logs_may_keep_what_profiles_are(translated_template: Any, function: str) -> None:
    who = with_permissions_of(function, translated_template)
    profile, decision = "PROFILE#arn:aws:bedrock:x", "DECISIONS#policy"

    assert who.may("dynamodb:PutItem", TABLE, {"dynamodb:LeadingKeys": [profile]})
    assert not who.may("dynamodb:PutItem", TABLE, {"dynamodb:LeadingKeys": [profile, decision]})
    assert not who.may("dynamodb:PutItem", TABLE)
