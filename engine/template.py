"""The template as plain data: the short forms of CloudFormation's functions written out."""

import json
from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """Reads `!Sub x` as `{"Fn::Sub": "x"}`."""


def _written_out(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _written_out)


def read(path: Path) -> dict[str, Any]:
    """A template file, YAML or JSON, with its included file in place, as CloudFormation sees it."""
    document = as_written(path)
    include = document["Resources"].pop("Fn::Transform", None)
    if include:
        document["Resources"] |= yaml.safe_load((path.parent / location(include)).read_text())
    return document


def as_written(path: Path) -> dict[str, Any]:
    """A template file in which an `AWS::Include` is left; what `*Name` repeats is written out."""
    repeated = yaml.load(path.read_text(), _Loader)
    document: dict[str, Any] = json.loads(json.dumps(repeated))
    return document


def location(include: dict[str, Any]) -> str:
    """Where an `AWS::Include` finds its file."""
    return str(include["Parameters"]["Location"])


def of_type(document: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The resources of one type, by logical id."""
    return {
        name: resource
        for name, resource in document["Resources"].items()
        if resource.get("Type") == kind
    }
