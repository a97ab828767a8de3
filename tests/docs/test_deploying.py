"""What the deploying page says about parameters and permissions is what the template has."""

import json
import re
from pathlib import Path

from engine import template

ROOT = Path(__file__).parents[2]
DOCUMENT = template.read(ROOT / "template.yaml")
SERVICES = {"Serverless": "lambda", "Logs": "logs", "Scheduler": "scheduler", "IAM": "iam"}


def test_every_parameter_is_explained_with_its_default() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}

    assert explained == set(DOCUMENT["Parameters"])
    for row in rows:
        names = re.findall(r"`(\w+)`", row.split("|")[1])
        defaults = [word.strip(" `") for word in row.split("|")[2].split(",")]
        given = [str(DOCUMENT["Parameters"][name]["Default"]) or "empty" for name in names]
        assert set(given) == set(defaults), row


def test_the_deployers_policy_names_its_actions() -> None:
    policy = json.loads((ROOT / "docs" / "deployer-policy.json").read_text())

    for statement in policy["Statement"]:
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            assert "*" not in action, statement["Sid"]


def test_the_deployers_policy_knows_every_service_of_the_template() -> None:
    policy = json.loads((ROOT / "docs" / "deployer-policy.json").read_text())
    allowed = {
        action.split(":")[0]
        for statement in policy["Statement"]
        for action in (
            [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        )
    }
    used = {resource["Type"].split("::")[1] for resource in DOCUMENT["Resources"].values()}

    assert {SERVICES.get(service, service.lower()) for service in used} <= allowed


def test_uninstalling_names_everything_that_stays() -> None:
    page = (ROOT / "docs" / "uninstall.md").read_text().lower()

    for name, resource in DOCUMENT["Resources"].items():
        kept = resource.get("DeletionPolicy") == "Retain" and "Policy" not in resource["Type"]
        if kept:
            assert f"-{name.lower()}-" in page, name


def test_alarms_are_counted_right_in_the_cost() -> None:
    page = (ROOT / "docs" / "cost.md").read_text()
    alarms = template.of_type(DOCUMENT, "AWS::CloudWatch::Alarm")

    assert f"alarms ({len(alarms)}) and their key" in page
