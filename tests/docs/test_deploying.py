"""What the pages about deploying say is what the template, the policies and the commands have."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from bedrock_meter.cli import log_bucket
from bedrock_meter.cli.checks import Destination
from bedrock_meter.cli.log_bucket import Home
from engine import template
from tests.template.permissions import DEPLOYER, listed, statements_of, text_of

ROOT = Path(__file__).parents[2]
DOCUMENT = template.read(ROOT / "template.yaml")
SERVICES = {"Serverless": "lambda", "Logs": "logs", "Scheduler": "scheduler", "IAM": "iam"}
HOME = Home("aws", "111122223333", "eu-central-1")


def page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def code(language: str, text: str) -> list[str]:
    """The blocks of code of one language, without their indentation."""
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, re.S | re.M)
    return [re.sub(rf"^{indent}", "", block, flags=re.M) for indent, block in blocks]


def test_every_parameter_is_explained_with_its_default() -> None:
    rows = [line for line in page("deploy.md").splitlines() if line.startswith("| `")]
    explained = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}

    assert explained == set(DOCUMENT["Parameters"])
    for row in rows:
        names = re.findall(r"`(\w+)`", row.split("|")[1])
        defaults = [word.strip(" `") for word in row.split("|")[2].split(",")]
        given = [str(DOCUMENT["Parameters"][name]["Default"]) or "empty" for name in names]
        assert set(given) == set(defaults), row


def test_the_values_that_a_grace_may_have_are_named() -> None:
    (row,) = [
        line for line in page("deploy.md").splitlines() if line.startswith("| `GraceMinutes`")
    ]
    allowed = DOCUMENT["Parameters"]["GraceMinutes"]["AllowedValues"]

    assert [int(number) for number in re.findall(r"\d+", row)][1:] == allowed


def test_the_deployers_policies_know_every_service_of_the_template() -> None:
    allowed = {
        action.split(":")[0]
        for name in DEPLOYER
        for statement in statements_of(name)
        for action in listed(statement["Action"])
    }
    used = {resource["Type"].split("::")[1] for resource in DOCUMENT["Resources"].values()}

    assert {SERVICES.get(service, service.lower()) for service in used} <= allowed


def test_the_policies_that_the_page_makes_are_those_that_are_tested(tmp_path: Path) -> None:
    block = next(block for block in code("sh", page("deploy.md")) if "LOG_BUCKET=" in block)
    files = block.split("aws iam")[0].replace(".local", str(tmp_path))

    subprocess.run(["sh", "-euc", files], cwd=ROOT, check=True)

    for name in ("boundary", *DEPLOYER):
        assert (tmp_path / f"{name}.json").read_text() == text_of(name)
        assert f"file://.local/{name}.json" in block


def test_the_boundary_has_the_name_that_the_deployer_is_held_to() -> None:
    held = statements_of("deployer-roles")
    (makes,) = [one for one in held if one["Sid"] == "MakeRolesWithinTheBoundary"]
    name = makes["Condition"]["ArnLike"]["iam:PermissionsBoundary"].rpartition("/")[2]

    assert f"--policy-name {name} " in page("deploy.md")
    assert f"PermissionsBoundaryArn=arn:aws:iam::111122223333:policy/{name}" in page("deploy.md")


class Silent:
    """An S3 and a KMS whose policies say nothing yet."""

    def get_bucket_policy(self, **_: str) -> dict[str, str]:
        return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": []})}

    def get_key_policy(self, **_: str) -> dict[str, str]:
        return self.get_bucket_policy()


def test_the_statements_on_the_page_are_those_that_doctor_prints() -> None:
    place, key = (
        Destination("my-bedrock-logs", "bedrock/"),
        "arn:aws:kms:eu-central-1:111122223333:key/k",
    )
    found = [
        *log_bucket.policy_findings(Silent(), place, HOME),
        *log_bucket.key_policy_findings(Silent(), key, HOME),
    ]
    policies = [
        str(finding.fix).split("--policy ")[1] for finding in found if _prints_one(finding.fix)
    ]
    printed = [json.loads(policy.strip("'"))["Statement"] for policy in policies]

    assert [[json.loads(block)] for block in code("json", page("deploy.md"))] == printed


def _prints_one(fix: Any) -> bool:
    return fix is not None and "--policy " in fix


def test_uninstalling_names_everything_that_stays() -> None:
    text = page("uninstall.md").lower()
    kept = [
        name
        for name, resource in DOCUMENT["Resources"].items()
        if resource.get("DeletionPolicy", "").startswith("Retain")
        and "Policy" not in resource["Type"]
    ]

    assert len(kept) == 7
    for name in kept:
        assert f"-{name.lower()}-" in text, name


def test_alarms_are_counted_right_in_the_cost() -> None:
    alarms = template.of_type(DOCUMENT, "AWS::CloudWatch::Alarm").values()
    expressions = [alarm["Properties"].get("Metrics", ()) for alarm in alarms]
    watched = sum(sum("MetricStat" in metric for metric in metrics) or 1 for metrics in expressions)
    # An alarm on an expression is paid for by the metric (CloudWatch pricing, "Alarms").
    cost = f"{watched / 10 + 1:.2f}"

    assert f"| alarms ({len(alarms)}) and their key | {cost} | {cost} |" in page("cost.md")
    assert f"each of the {watched} metrics they watch" in page("cost.md")


def test_the_columns_of_the_cost_add_up() -> None:
    table = page("cost.md").split("| alarms (")[1].split("| data bucket")[0]
    rows = [[cell.strip(" *") for cell in row.split("|")[-5:-1]] for row in table.splitlines()]
    first, *others, total = rows

    for column in range(4):
        added = sum(float(row[column]) for row in (first, *others))
        assert abs(added - float(total[column])) <= max(0.5, added / 50), column
