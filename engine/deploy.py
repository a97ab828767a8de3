"""A built template, deployed to an engine."""

import io
import json
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine import local_build, template
from engine.server import Engine

ARTIFACTS = "deployed-artifacts"
LIMIT = 120  # seconds for a stack to be there; it takes one or two
SITE = "python/lib/python3.13/site-packages"
OLDEST = (1980, 1, 1, 0, 0, 0)  # the same bytes from the same files


class DeployFailed(RuntimeError):
    """The stack was not made; the message says which resource and why."""


@dataclass(frozen=True)
class DeployedStack:
    """A deployed stack: its outputs and the physical id of every resource."""

    engine: Engine
    name: str
    outputs: Mapping[str, str]
    resources: Mapping[str, str]

    def invoke(self, function: str, event: Any) -> Any:
        """Run a function, by logical id, and return its answer; an error of its raises."""
        answer = self.engine.client("lambda").invoke(
            FunctionName=self.resources[function], Payload=json.dumps(event)
        )
        payload = json.loads(answer["Payload"].read() or b"null")
        if "FunctionError" in answer:
            raise HandlerFailed(payload.get("errorType", ""), payload.get("errorMessage", ""))
        return payload


class HandlerFailed(RuntimeError):
    """A function raised; `kind` is the class of its exception."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


def deploy(
    engine: Engine,
    name: str = "bedrock-meter",
    *,
    parameters: Mapping[str, str] | None = None,
    document: dict[str, Any] | None = None,
    edit: Callable[[dict[str, Any]], None] | None = None,
    linked: bool = True,
) -> DeployedStack:
    """Make or update a stack from the project's template, or from `document`, a built one.

    `edit` may change the template first: take a statement away, shorten a time-out. A `linked`
    layer is a pointer to its folder in `.local/build`, which saves unpacking it in every worker;
    otherwise its zip is deployed, as it would be on AWS.
    """
    document = local_build.built() if document is None else document
    if edit:
        edit(document)
    _package(engine, document, linked)
    _submit(engine, name, document, dict(parameters or {}))
    return _described(engine, name)


def _package(engine: Engine, document: dict[str, Any], linked: bool) -> None:
    """Upload what the template's code paths name, and have it name the uploads."""
    s3 = engine.client("s3")
    s3.create_bucket(Bucket=ARTIFACTS)

    def upload(body: bytes) -> str:
        key = sha256(body).hexdigest()[:32]
        s3.put_object(Bucket=ARTIFACTS, Key=key, Body=body)
        return key

    for function in template.of_type(document, "AWS::Serverless::Function").values():
        folder = Path(function["Properties"]["CodeUri"])
        function["Properties"]["CodeUri"] = f"s3://{ARTIFACTS}/{upload(zipped(folder))}"
    for layer in template.of_type(document, "AWS::Serverless::LayerVersion").values():
        folder = Path(layer["Properties"]["ContentUri"])
        body = pointer(folder) if linked else zipped(folder)
        layer["Properties"]["ContentUri"] = f"s3://{ARTIFACTS}/{upload(body)}"
    for machine in template.of_type(document, "AWS::Serverless::StateMachine").values():
        definition = Path(machine["Properties"]["DefinitionUri"]).read_bytes()
        machine["Properties"]["DefinitionUri"] = {"Bucket": ARTIFACTS, "Key": upload(definition)}
    if include := document["Resources"].get("Fn::Transform"):
        included = Path(template.location(include)).read_bytes()
        include["Parameters"]["Location"] = f"s3://{ARTIFACTS}/{upload(included)}"


def zipped(folder: Path) -> bytes:
    """A folder as a zip file, its byte code included."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_STORED) as archive:
        for file in local_build.files_in(folder, compiled=True):
            archive.writestr(_entry(str(file.relative_to(folder))), file.read_bytes())
    return body.getvalue()


def pointer(folder: Path) -> bytes:
    """A layer that only says where its content lies on this machine."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        archive.writestr(_entry(f"{SITE}/linked.pth"), f"{folder / 'python'}\n")
    return body.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, OLDEST)
    entry.external_attr = 0o644 << 16
    return entry


def _submit(
    engine: Engine, name: str, document: dict[str, Any], parameters: Mapping[str, str]
) -> None:
    """Create the stack, or update the one of that name, and wait for the end of it."""
    cloudformation, s3 = engine.client("cloudformation"), engine.client("s3")
    s3.put_object(Bucket=ARTIFACTS, Key=f"{name}.json", Body=json.dumps(document, default=str))
    exists = any(
        stack["StackName"] == name and stack["StackStatus"] != "DELETE_COMPLETE"
        for stack in cloudformation.list_stacks()["StackSummaries"]
    )
    request = cloudformation.update_stack if exists else cloudformation.create_stack
    request(
        StackName=name,
        TemplateURL=f"{engine.endpoint}/{ARTIFACTS}/{name}.json",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ],
    )
    until = time.monotonic() + LIMIT
    while (status := _status(cloudformation, name)).endswith("IN_PROGRESS"):
        if time.monotonic() > until:
            raise DeployFailed(f"{name}: still {status} after {LIMIT} s")
        time.sleep(0.05)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeployFailed(f"{name}: {status}\n{_reasons(cloudformation, name)}")


def _status(cloudformation: Any, name: str) -> str:
    return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def _reasons(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return "\n".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', 'no reason given')}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED")
    )


def _described(engine: Engine, name: str) -> DeployedStack:
    cloudformation = engine.client("cloudformation")
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=name)
    summaries = [summary for page in pages for summary in page["StackResourceSummaries"]]
    return DeployedStack(
        engine,
        name,
        {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
        {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in summaries},
    )
