"""An update of the stack never replaces a table or a bucket.

CloudFormation replaces a resource whose key schema, physical name or logical id changes: the new
one would be empty. `stateful.json` is what is out there; it may only grow. After adding a
resource on purpose: `python -m tests.template.test_upgrade` writes it anew.
"""

import json
from typing import Any

from engine import template
from tests.template.conftest import ROOT

SNAPSHOT = ROOT / "tests" / "template" / "stateful.json"
REPLACED_BY = {
    "AWS::DynamoDB::Table": ["TableName", "KeySchema", "AttributeDefinitions"],
    "AWS::S3::Bucket": ["BucketName", "ObjectLockEnabled"],
    "AWS::SQS::Queue": ["QueueName", "FifoQueue"],
    "AWS::SNS::Topic": ["TopicName", "FifoTopic"],
    "AWS::KMS::Key": ["KeySpec", "KeyUsage", "MultiRegion"],
    "AWS::Logs::LogGroup": ["LogGroupName"],
    "AWS::Serverless::StateMachine": ["Name", "Type"],
    # Others hold on to these; who deploys may make such a policy and not rewrite it.
    "AWS::IAM::ManagedPolicy": ["ManagedPolicyName", "Description", "Path", "PolicyDocument"],
}


def stateful(document: dict[str, Any]) -> dict[str, Any]:
    """What decides about replacement, by logical id."""
    return {
        name: {
            "Type": resource["Type"],
            **({"Condition": resource["Condition"]} if "Condition" in resource else {}),
            **{
                key: _in_use(resource, key)
                for key in REPLACED_BY[resource["Type"]]
                if key in resource.get("Properties", {})
            },
        }
        for name, resource in document["Resources"].items()
        if resource["Type"] in REPLACED_BY
    }


def _in_use(resource: dict[str, Any], key: str) -> Any:
    """The property; of attribute definitions only the key's: an index may come and go."""
    properties = resource["Properties"]
    if key != "AttributeDefinitions":
        return properties[key]
    keys = {part["AttributeName"] for part in properties["KeySchema"]}
    return [part for part in properties[key] if part["AttributeName"] in keys]


def test_nothing_that_holds_data_is_replaced_or_dropped(stack_template: Any) -> None:
    out_there = json.loads(SNAPSHOT.read_text())
    now = stateful(stack_template.document)

    assert {name: now.get(name) for name in out_there} == out_there


def test_what_was_added_is_guarded_too(stack_template: Any) -> None:
    assert set(stateful(stack_template.document)) == set(json.loads(SNAPSHOT.read_text()))


def test_the_guard_sees_a_changed_key_and_a_new_name(stack_template: Any) -> None:
    before = stateful(stack_template.document)
    document = json.loads(json.dumps(stack_template.document))
    document["Resources"]["UsageTable"]["Properties"]["KeySchema"][1]["AttributeName"] = "other"
    document["Resources"]["Evidence"] = document["Resources"].pop("DataBucket")

    after = stateful(document)

    assert after["UsageTable"] != before["UsageTable"]
    assert "DataBucket" not in after


def test_nothing_that_holds_data_has_a_name_of_its_own(stack_template: Any) -> None:
    for name, facts in stateful(stack_template.document).items():
        assert not {"TableName", "BucketName", "QueueName", "TopicName"} & set(facts), name


if __name__ == "__main__":
    found = stateful(template.read(ROOT / "template.yaml"))
    SNAPSHOT.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
