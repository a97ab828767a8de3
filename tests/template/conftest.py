"""The template as data, asked simple questions."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine import template

ROOT = Path(__file__).parents[2]


class Template:
    """What the tests ask of the template."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.resources: dict[str, dict[str, Any]] = document["Resources"]
        self.globals: dict[str, Any] = document["Globals"]["Function"]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of the resources of one type, by logical id."""
        found = template.of_type(self.document, kind)
        return {name: resource.get("Properties", {}) for name, resource in found.items()}

    def functions(self) -> dict[str, dict[str, Any]]:
        return self.of_type("AWS::Serverless::Function")

    def environment(self, function: str) -> dict[str, Any]:
        """What one function reads that others need not."""
        given: dict[str, Any] = self.functions()[function]["Environment"]["Variables"]
        return given

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every policy statement with the logical id of the resource it belongs to."""
        for name, resource in self.resources.items():
            for statement in _statements(resource.get("Properties", {})):
                yield name, statement

    def ids_in(self, value: Any) -> set[str]:
        """The logical ids that a value speaks of, however it does."""
        return set(_ids_in(value)) & set(self.resources)


def _statements(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for each in value:
            yield from _statements(each)
    elif isinstance(value, dict):
        if "Effect" in value:
            yield value
        for each in value.values():
            yield from _statements(each)


def _ids_in(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _ids_in(each)
    elif isinstance(value, dict):
        if "Ref" in value:
            yield value["Ref"]
        elif "Fn::GetAtt" in value:
            yield value["Fn::GetAtt"][0]
        else:
            for each in value.values():
                yield from _ids_in(each)
    elif isinstance(value, str):
        yield from re.findall(r"\$\{(\w+)[.}]", value)


@pytest.fixture(scope="session")
def stack_template() -> Template:
    return Template(template.read(ROOT / "template.yaml"))


@pytest.fixture(scope="session")
def translated_template() -> Template:
    from tests.template.translated import translated

    return translated()
