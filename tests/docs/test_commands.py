"""What documents show people to type exists: commands, options, outputs of the stack."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from bedrock_meter.cli.main import app
from engine import template

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMAND = re.compile(r"(?:^|`|/bin/|&& )bedrock-meter((?: +(?:--)?[a-z][a-z-]*)+)", re.M)
OUTPUT = re.compile(r"\$\((?:out|arn) (\w+)\)|output[s]? `(\w+)`")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def typed_in(text: str) -> Iterator[list[str]]:
    """The words after `bedrock-meter`, wherever code or a code span says it."""
    code = re.findall(r"```.*?```|`[^`\n]+`", text, re.S)
    for piece in code:
        for found in COMMAND.finditer(piece.replace("\\\n", " ")):
            yield found[1].split()


def wrong_in(words: list[str]) -> str | None:
    """What a command line has that the command has not; None when all is well."""
    command: Any = typer.main.get_command(app)
    for word in words:
        if hasattr(command, "commands") and not word.startswith("-"):
            if word not in command.commands:
                return word
            command = command.commands[word]
        elif word.startswith("--"):
            known = {option for param in command.params for option in param.opts} | {"--help"}
            if word.split("=")[0] not in known:
                return word
    return None


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_on_a_page_exist(page: Path) -> None:
    for words in typed_in(page.read_text()):
        assert wrong_in(words) is None, " ".join(words)


def test_a_command_that_does_not_exist_is_found() -> None:
    assert wrong_in(["doctor", "--stack-name", "x"]) is None
    assert wrong_in(["surgeon"]) == "surgeon"
    assert wrong_in(["doctor", "--stack"]) == "--stack"
    assert list(typed_in("see `bedrock-meter doctor --json`.")) == [["doctor", "--json"]]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_outputs_on_a_page_are_those_of_the_stack(page: Path) -> None:
    outputs = template.read(ROOT / "template.yaml")["Outputs"]
    named = {one or other for one, other in OUTPUT.findall(page.read_text())}

    assert named <= set(outputs)
