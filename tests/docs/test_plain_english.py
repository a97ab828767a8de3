"""What people read is plain English: phrases that readers stumbled over do not come back."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = [ROOT / "template.yaml", ROOT / "alarms.yaml"]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *TEMPLATES]
COMMANDS = ROOT / "layers" / "bedrock_meter" / "python" / "bedrock_meter" / "cli"
SOURCES = sorted([*(ROOT / "layers").rglob("*.py"), *(ROOT / "engine" / "demo").rglob("*.py")])
# "Is no" answers a question that nobody asked; where something is wrong, write "is not a".
STUMBLED = re.compile(
    r"whom to slow|to be believed|less the margin|(?<!here )is no (number|Region|span|JSON|folder"
    r"|YAML|UTF-8|text|list|mapping|plan|level|source|price|time|day)\b|no kind of usage"
    r"|metering stands on|your word count|says otherwise than|nothing was given up"
    r"|announce its objects|nothing of ours|nothing of the others|no usual|rows laid over"
    r"|stands there twice"
)
IDIOM = re.compile(r"\bfor ever\b|\bwhom\b|\banew\b|\ball the same\b|\bfor good\b|\botherwise by\b")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_is_plain_english(page: Path) -> None:
    assert STUMBLED.findall(page.read_text()) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_has_no_idiom_of_its_own(page: Path) -> None:
    assert IDIOM.findall(page.read_text()) == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_what_a_program_says_is_plain_english(source: Path) -> None:
    assert [text for text in texts_in(source) if STUMBLED.search(text)] == []


def texts_in(source: Path) -> Iterator[str]:
    """Texts that a person may see: all but docstrings, which commands alone show, as their help."""
    tree = ast.parse(source.read_text())
    docstrings = set()
    if COMMANDS not in source.parents:
        docstrings = {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        }
    yield from (
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings
    )
