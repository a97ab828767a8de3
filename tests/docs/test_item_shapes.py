"""What readers find in an item stands on a page; tests/e2e holds real items to the same shapes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bedrock_meter.domain.records.schema import SCHEMA_VERSION

ROOT = Path(__file__).parents[2]
SHAPES: dict[str, Any] = json.loads((ROOT / "tests/golden/item_shapes.json").read_text())
PAGES = "".join((ROOT / "docs" / name).read_text() for name in ("reading.md", "levels.md"))
OURS = {"dirty", "cleaned"}
"""Attributes of an hour's row that only the state machine needs; docs/architecture.md has them."""


def names_in(shape: Any) -> Iterator[str]:
    """The names of attributes, at any depth."""
    if isinstance(shape, dict):
        for name, inner in shape.items():
            yield name
            yield from names_in(inner)


def test_the_page_names_the_schema_version_of_today() -> None:
    assert f"key-value metadata, {SCHEMA_VERSION} today;" in PAGES.replace("\n", " ")


@pytest.mark.parametrize("kind", SHAPES)
def test_every_attribute_of_an_item_is_explained(kind: str) -> None:
    names = set(names_in(SHAPES[kind])) - OURS - {"*"}

    assert {
        name for name in names if f"`{name}`" not in PAGES and f'"{name}"' not in PAGES
    } == set()
