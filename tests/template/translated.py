"""The template as CloudFormation gets it: SAM's resources written out, with the names they get."""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER
from samtranslator.translator.transform import transform

from engine import template
from tests.template.conftest import ROOT, Template

REGION, ACCOUNT = "eu-central-1", "111122223333"
CODE = ("CodeUri", "ContentUri", "DefinitionUri")


class _NoManagedPolicies:
    """SAM looks policies up by name; the template names none."""

    def load(self) -> dict[str, str]:
        return {}


def translated(path: Path = ROOT / "template.yaml") -> Template:
    """Translate the template as `sam deploy` has it translated, every condition included."""
    document = template.read(path)
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        properties |= {key: "s3://uploads/code" for key in CODE if key in properties}
    given = {name: one["Default"] for name, one in document["Parameters"].items()}
    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": REGION}):
        return _Translated(transform(document, given, _NoManagedPolicies()))


class _Translated(Template):
    """The same questions, without the functions that SAM knows."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.resources = document["Resources"]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            name: resource["Properties"]
            for name, resource in self.resources.items()
            if resource["Type"] == kind
        }

    def before(self, name: str) -> set[str]:
        """Everything that is there before a resource is made, however many steps before."""
        found: set[str] = set()
        todo = [name]
        while todo:
            resource = self.resources[todo.pop()]
            named = resource.get("DependsOn", [])
            needed = self.ids_in(resource["Properties"])
            needed |= {named} if isinstance(named, str) else set(named)
            todo += needed - found
            found |= needed
        return found


@cache
def schema_of(kind: str) -> dict[str, Any]:
    """What CloudFormation's registry says of a resource type."""
    schema: dict[str, Any] = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
    return schema


def names_given(kind: str) -> Iterator[str]:
    """The properties by which a resource of a type gets a name of its own."""
    schema = schema_of(kind)
    for path in {*schema.get("primaryIdentifier", ()), *schema.get("createOnlyProperties", ())}:
        last = path.rsplit("/", 1)[-1]
        if last.endswith("Name"):
            yield last


def handlers_of(kind: str) -> Iterator[tuple[str, str]]:
    """Each handler of a resource type with an action that it may call."""
    for handler, about in schema_of(kind).get("handlers", {}).items():
        if handler != "list":
            yield from ((handler, action) for action in about.get("permissions", ()))
