"""What documents tell people to type exists: commands, options, outputs, files."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer.main

from bedrock_meter.cli.main import app
from engine import template

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
COMMAND = re.compile(r"(?<![\w/-])bedrock-meter((?: +(?:--)?[a-z][a-z-]*)+)")
OUTPUT = re.compile(r"\$\((?:out|arn) (\w+)\)|output[s]? `(\w+)`")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def the_command() -> click.Command:
    return typer.main.get_command(app)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def typed_in(text: str) -> Iterator[list[str]]:
    """The words after `bedrock-meter`, wherever code or a code span says it."""
    code = re.findall(r"```.*?```|`[^`\n]+`", text, re.S)
    for piece in code:
        for found in COMMAND.finditer(piece.replace("\\\n", " ")):
            rest = piece.replace("\\\n", " ")[found.start() :].splitlines()[0]
            yield rest.strip("`").split()[1:]


def wrong_in(words: list[str]) -> str | None:
    """What a command line has that the command has not; None when all is well."""
    command: click.Command = the_command()
    for word in words:
        if isinstance(command, click.Group) and not word.startswith("-"):
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


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_pages_that_are_named_exist(page: Path) -> None:
    for target in re.findall(r"`(docs/[\w/-]+\.(?:md|json))`", page.read_text()):
        assert (ROOT / target).exists(), target
