"""What documents show people to type to AWS, to make and to SAM is understood by them.

`tests/docs/test_commands.py` does the same for the project's own commands.
"""

import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from bedrock_meter.cli.deploying import deploy_command
from engine import template

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PARAMETERS = template.read(ROOT / "template.yaml")["Parameters"]
STAGES = tomllib.loads((ROOT / "samconfig.toml").read_text())
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.M))

AWS = re.compile(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)((?:[^|;&\n)`]|\\\n)*)")
OF_EVERY_COMMAND = {"region", "query", "output", "profile", "cli-read-timeout"}
OF_EVERY_COMMAND |= {"cli-binary-format", "no-cli-pager", "max-items", "page-size"}
SERVICES = {"s3api": "s3"}
S3_COMMANDS = {"cp": {"recursive"}, "ls": {"recursive"}, "mb": set(), "rb": {"force"}}
S3_COMMANDS |= {"rm": {"recursive"}, "sync": {"exclude", "include"}}
MODELS = botocore.session.Session()


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def code_on(page: Path) -> list[str]:
    """Blocks and spans of code, with continued lines joined as a shell joins them."""
    return [
        piece.replace("\\\n", " ")
        for piece in re.findall(r"```.*?```|`[^`\n]+`", page.read_text(), re.S)
    ]


def misunderstood(service: str, command: str, options: set[str]) -> set[str]:
    """The words of an AWS command that the AWS CLI does not know, by the models of its APIs."""
    if service == "s3":
        known = S3_COMMANDS.get(command)
        return {command} if known is None else options - known - OF_EVERY_COMMAND
    model = MODELS.get_service_model(SERVICES.get(service, service))
    if command == "wait":
        return set()
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if command not in operations:
        return {command}
    shape = model.operation_model(operations[command]).input_shape
    members: Any = shape.members if shape else {}
    taken = {xform_name(name, "-") for name in members}
    return options - taken - {f"no-{name}" for name in taken} - OF_EVERY_COMMAND


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_for_aws_are_those_of_its_apis(page: Path) -> None:
    for piece in code_on(page):
        for service, command, rest in AWS.findall(piece):
            options = set(re.findall(r"(?<!\S)--([a-z][a-z0-9-]*)", rest))
            assert not misunderstood(service, command, options), f"aws {service} {command}{rest}"


def test_a_command_that_aws_does_not_know_is_found() -> None:
    assert misunderstood("iam", "create-policy", {"policy-name", "region"}) == set()
    assert misunderstood("iam", "make-policy", set()) == {"make-policy"}
    assert misunderstood("sqs", "purge-queue", {"queue"}) == {"queue"}


def make_commands(page: Path) -> Iterator[list[str]]:
    """What stands after `make` on lines of shell blocks, and in spans of code."""
    for piece in code_on(page):
        for line in re.findall(r"^`?(make [^`]*?)`?$", piece, re.M):
            yield shlex.split(line, comments=True)[1:]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_knows_what_it_is_asked_for(page: Path) -> None:
    for target, *variables in make_commands(page):
        assert target in TARGETS, target
        if target == "deploy":
            given = dict(one.split("=", 1) for one in variables)
            assert given.get("STAGE", "prod") in (*STAGES, "…")
            check_parameters(given.get("ARGS", ""))


def check_parameters(arguments: str) -> None:
    """Refuse values that CloudFormation would refuse; `…` stands for any."""
    for name, value in (one.split("=", 1) for one in shlex.split(arguments) if one != "…"):
        parameter = PARAMETERS[name]
        allowed = [str(one) for one in parameter.get("AllowedValues", [value])]
        assert value in (*allowed, "…"), (name, value)
        assert value == "…" or re.match(parameter.get("AllowedPattern", ""), value), (name, value)


def test_a_parameter_that_does_not_exist_or_may_not_be_so_is_found() -> None:
    check_parameters("LogPrefix=bedrock/ ThrottleMode=enforce")
    for wrong in ("LogPrefixes=x", "ThrottleMode=on", "LogPrefix=bedrock"):
        with pytest.raises((AssertionError, KeyError)):
            check_parameters(wrong)


def test_the_commands_that_doctor_prints_deploy_the_stacks_that_have_a_stage() -> None:
    for stage in ("prod", "dev"):
        stack = STAGES[stage]["deploy"]["parameters"]["stack_name"]
        assert deploy_command(stack, "eu-central-1").startswith(f"make deploy STAGE={stage} ")
    assert "STACK=other" in deploy_command("other", "eu-central-1")


def test_every_page_speaks_of_the_stack_that_is_deployed() -> None:
    names = {STAGES[stage]["deploy"]["parameters"]["stack_name"] for stage in ("prod", "dev")}

    for page in PAGES:
        for name in re.findall(r"--stack-name ([\w-]+)", page.read_text()):
            assert name in names, (name_of(page), name)


def deployments() -> list[str]:
    """Every `make deploy` on the deploying page, as it is typed."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "deploy.md").read_text(), re.S)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    return sorted({line for line in lines if line.startswith("make deploy")})


@pytest.mark.slow
@pytest.mark.parametrize("typed", [*deployments(), "make upload-bucket REGION=eu-central-1"])
def test_a_deployment_as_it_is_documented_gets_as_far_as_asking_aws(typed: str) -> None:
    """With everything built already; nobody listens where AWS would be."""
    nobody = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_MAX_ATTEMPTS": "1",
    }
    command = typed.replace("make ", "make -s -o build -o setup ", 1)

    run = subprocess.run(
        ["sh", "-c", command],
        cwd=ROOT,
        env=os.environ | nobody,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode
    assert "Could not connect to the endpoint" in run.stderr, run.stderr
