"""What the demo changes about the template before it deploys it."""

from datetime import timedelta

from engine import template
from engine.demo.deployment import _at_once

TABLES = "AWS::DynamoDB::Table"


def a_template() -> dict:
    ends = {"AttributeName": "ttl", "Enabled": True}
    table = {"Type": TABLES, "Properties": {"TimeToLiveSpecification": ends, "TableName": "usage"}}
    function = {"Function": {"Environment": {"Variables": {"A": "b"}}}}
    plan = {"Type": "AWS::Serverless::Function", "Properties": {"Environment": {"Variables": {}}}}
    return {"Globals": function, "Resources": {"UsageTable": table, "PlanHours": plan}}


def test_what_functions_of_another_time_write_expires_by_no_clock_of_today() -> None:
    document = a_template()

    _at_once(timedelta(days=-400), document)

    (table,) = template.of_type(document, TABLES).values()
    variables = document["Globals"]["Function"]["Environment"]["Variables"]
    assert table["Properties"] == {"TableName": "usage"}
    assert (variables["A"], variables["DEMO_NOW_OFFSET"]) == ("b", str(-400 * 86_400))
