"""Each function may do what it does, and nothing besides."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

SENTENCE = re.compile(r"([A-Z][a-z0-9]*){2,}")
NO_RESOURCES_OF_THEIR_OWN = {
    "bedrock:GetModelInvocationLoggingConfiguration",
    "bedrock:PutModelInvocationLoggingConfiguration",
    "bedrock:ListFoundationModelAgreementOffers",
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "pricing:GetProducts",
}


def actions(statement: dict[str, Any]) -> list[str]:
    given = statement["Action"]
    return given if isinstance(given, list) else [given]


def identity_statements(stack_template: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Statements of roles and policies; those of buckets, queues and topics name principals."""
    return ((n, s) for n, s in stack_template.statements() if "Principal" not in s)


def test_statements_are_named_by_a_sentence_that_says_what_they_are_for(
    stack_template: Any,
) -> None:
    found = list(stack_template.statements())

    assert len(found) > 50
    for name, statement in found:
        assert SENTENCE.fullmatch(statement["Sid"]), (name, statement["Sid"])
    assert len({(name, json.dumps(s)) for name, s in found}) == len(found)


def test_no_action_is_a_pattern(stack_template: Any) -> None:
    for name, statement in identity_statements(stack_template):
        assert statement["Effect"] == "Allow", name
        assert not [action for action in actions(statement) if "*" in action], name


def test_no_resource_is_everything(stack_template: Any) -> None:
    for name, statement in identity_statements(stack_template):
        if set(actions(statement)) <= NO_RESOURCES_OF_THEIR_OWN:
            continue
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            given = [p for p in stack_template.document["Parameters"] if p in json.dumps(resource)]
            own = stack_template.ids_in(resource) or "AWS::AccountId" in json.dumps(resource)
            assert resource != "*", name
            assert own or given, (name, resource)


def test_what_everybody_is_refused_is_only_what_comes_unencrypted(stack_template: Any) -> None:
    for name, statement in stack_template.statements():
        if statement.get("Principal") == "*":
            assert statement["Effect"] == "Deny", name
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}, name


def test_services_that_may_come_in_name_the_account_or_resource_they_come_for(
    stack_template: Any,
) -> None:
    for name, statement in stack_template.statements():
        principal = statement.get("Principal", {})
        if isinstance(principal, dict) and "Service" in principal:
            condition = json.dumps(statement["Condition"])
            assert "aws:SourceArn" in condition or "aws:SourceAccount" in condition, name


def test_no_production_code_may_scan_a_table(stack_template: Any) -> None:
    for name, statement in stack_template.statements():
        assert "dynamodb:Scan" not in actions(statement), name


def test_functions_only_get_permissions_of_their_own_making(stack_template: Any) -> None:
    for name, function in stack_template.functions().items():
        for policy in function["Policies"]:
            assert set(policy) == {"Version", "Statement"}, name  # no managed, no SAM template


def test_nobody_writes_to_the_log_bucket_but_bedrock(stack_template: Any) -> None:
    for name, statement in identity_statements(stack_template):
        if "s3:PutObject" in actions(statement):
            assert stack_template.ids_in(statement["Resource"]) == {"DataBucket"}, name


def test_every_role_takes_the_boundary_of_the_account(stack_template: Any) -> None:
    boundary = {
        "Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}]
    }
    machines = stack_template.of_type("AWS::Serverless::StateMachine")

    assert stack_template.globals["PermissionsBoundary"] == boundary
    for owner in [*stack_template.functions().values(), *machines.values()]:
        for event in owner.get("Events", {}).values():
            if event["Type"] == "ScheduleV2":
                assert event["Properties"]["PermissionsBoundary"] == boundary
    for machine in machines.values():
        assert machine["PermissionsBoundary"] == boundary
    assert not stack_template.of_type("AWS::IAM::Role")


LEADING = "dynamodb:LeadingKeys"
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem")
MAY_WRITE = {
    "Ingest": "PROFILE#*",
    "CloseDay": "PROFILE#*",
    "FoldSlot": "T#*",
    "AssessTenants": "T#*",
    "DeliverNotices": "T#*",
    "RefreshPrices": "DECISIONS#book",
}
"""What each function may write of the table that also holds decisions, overrides, the switch.

An override lies among the rows of its tenant: whoever keeps levels there could write it, for IAM
knows the first part of a key only.
"""


WRITES_IN_TRANSACTIONS = {"FoldSlot", "AssessTenants"}


def test_nobody_may_write_what_people_decided_but_for_the_price_book(stack_template: Any) -> None:
    found = {}
    for name, statement in identity_statements(stack_template):
        writes = [one for one in actions(statement) if one.endswith(WRITES)]
        if writes and "TenantsTable" in stack_template.ids_in(statement["Resource"]):
            (given,) = (part for kind, part in statement["Condition"].items() if kind != "Null")
            found[name] = given[LEADING]

            # Without it a request that names no key meets the condition.
            needs_key = statement["Condition"].get("Null") == {LEADING: "false"}
            assert needs_key == (name not in WRITES_IN_TRANSACTIONS), name

    assert found == {name: [key] for name, key in MAY_WRITE.items()}


NEVER_DONE = [
    ("FoldSlot", "FlagsTable", "dynamodb:GetItem"),
    ("AssessTenants", "FlagsTable", "dynamodb:GetItem"),
    ("AssessTenants", "TenantsTable", "dynamodb:GetItem"),
    ("AssessTenants", "HoursTable", "dynamodb:BatchGetItem"),
    ("AssessTenants", "HoursTable", "dynamodb:Query"),
    ("AssessTenants", "PartialsTable", "dynamodb:BatchGetItem"),
    ("AssessTenants", "PartialsTable", "dynamodb:GetItem"),
    ("PlanHours", "HoursTable", "dynamodb:PutItem"),
    ("FoldSlot", "DataBucket.Arn}/books/", "s3:GetObject"),
    ("AssessTenants", "DataBucket.Arn}/books/", "s3:GetObject"),
    ("CloseDay", "DataBucket.Arn}/corrections/", "s3:GetObject"),
]
"""What functions never ask for: found by reading what their adapters call."""


@pytest.mark.parametrize(("function", "place", "action"), NEVER_DONE)
def test_what_a_function_never_does_it_may_not_do(
    stack_template: Any, function: str, place: str, action: str
) -> None:
    for name, statement in identity_statements(stack_template):
        if name == function and action in actions(statement):
            assert place not in json.dumps(statement["Resource"]), statement["Sid"]


def test_a_tenant_reads_its_own_flag_by_its_session_tag(stack_template: Any) -> None:
    policies = stack_template.of_type("AWS::IAM::ManagedPolicy")
    (own,) = policies["OwnFlagReader"]["PolicyDocument"]["Statement"]

    assert actions(own) == ["dynamodb:GetItem"]
    assert own["Condition"] == {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/tenant}"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }


def test_readers_of_usage_and_flags_cannot_write(stack_template: Any) -> None:
    for policy in stack_template.of_type("AWS::IAM::ManagedPolicy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            assert set(actions(statement)) <= {
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:Query",
            }
