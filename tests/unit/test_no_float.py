"""No binary fraction comes near money: the domain and the jobs have none, not even by division."""

import ast
from pathlib import Path

import pytest

import bedrock_meter

HOUSE = Path(bedrock_meter.__file__).parent
FILES = sorted([*(HOUSE / "domain").rglob("*.py"), *(HOUSE / "jobs").glob("*.py")])


def binary_fractions(source: str) -> list[str]:
    """Every float literal, use of the name `float` and true division in a source."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            found.append(f"line {node.lineno}: {node.value!r}")
        elif isinstance(node, ast.Name) and node.id == "float":
            found.append(f"line {node.lineno}: float")
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            found.append(f"line {node.lineno}: division with /")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_the_domain_and_the_jobs_know_no_binary_fractions(path):
    assert binary_fractions(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("source", ["x = 0.5", "x = float(y)", "x = y / 2", "x /= 2", "x: float"])
def test_the_search_finds_what_it_is_for(source):
    assert binary_fractions(source) != []


def test_there_is_something_to_search():
    assert {"money.py", "charge.py", "price_book.py"} <= {path.name for path in FILES}
