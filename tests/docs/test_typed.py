"""Each command of the project that documents show runs, as far as it goes without an account.

Nobody listens where AWS would be: a command that needs nothing of AWS succeeds, any other one gets
as far as asking. `tests/docs/test_shell.py` does the same for what is typed to make and SAM.
"""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bedrock_meter.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
SET_BEFORE = {
    "docs/levels.md": "export BEDROCK_METER_STACK=bedrock-meter",
    "docs/operations.md": "(or `BEDROCK_METER_STACK`)",
    "docs/runbooks": "export BEDROCK_METER_STACK=$STACK",
}
"""Pages, and the folder of pages, that name the variable before any command is typed."""

STANDS_FOR = {
    '"$STACK"': "bedrock-meter",
    '"$TENANT"': "acme",
    '"$(date -u +%F)"': "2026-11-21",
    "LOGS…": "tests/golden/samples",
    "…": "said",
}
NOBODY = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "a",
    "AWS_SECRET_ACCESS_KEY": "b",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_MAX_ATTEMPTS": "1",
}


def typed_on(page: Path) -> Iterator[str]:
    """The lines of shell blocks that begin with the command, as a shell hands them over."""
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.S):
        for line in block.replace("\\\n", " ").splitlines():
            found = re.match(r"(?:\.venv/bin/)?bedrock-meter (.*)", line.strip())
            if found and not found[1].startswith("demo"):
                yield found[1]


TYPED = [(str(page.relative_to(ROOT)), line) for page in PAGES for line in typed_on(page)]


def words_of(line: str) -> list[str]:
    """What a person types: with names for placeholders, without comment and redirection."""
    for placeholder, value in STANDS_FOR.items():
        line = line.replace(placeholder, value)
    line = re.sub(r"<[^>]*>", "AWSLogs/x.json.gz", line)
    return shlex.split(line.split(" > ")[0], comments=True)


def is_set_before(page: str) -> bool:
    """Return whether somebody who reads up to a page has named the stack in the environment."""
    return page in SET_BEFORE or str(Path(page).parent) in SET_BEFORE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the project, with the files that pages speak of, and nobody to ask."""
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    (tmp_path / "tenants.yaml").write_text((ROOT / "engine" / "demo_tenants.yaml").read_text())
    block = (ROOT / "docs" / "prices.md").read_text().split("```json\n")[1].split("```")[0]
    (tmp_path / "own.json").write_text(block)
    monkeypatch.chdir(tmp_path)
    for name, value in NOBODY.items():
        monkeypatch.setenv(name, value)
    return tmp_path


def run(page: str, words: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    if is_set_before(page):
        monkeypatch.setenv("BEDROCK_METER_STACK", "bedrock-meter")
    return CliRunner().invoke(app, words)


@pytest.mark.parametrize(("page", "line"), TYPED, ids=lambda text: str(text)[:60])
@pytest.mark.usefixtures("folder")
def test_a_command_on_a_page_runs_as_far_as_it_goes_without_an_account(
    page: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run(page, words_of(line), monkeypatch)

    asked = "Could not connect to the endpoint" in result.stderr
    assert asked or result.exit_code == 0, result.stderr or result.exception


def test_pages_that_are_said_to_name_the_stack_do() -> None:
    for place, variable in SET_BEFORE.items():
        page = ROOT / place
        text = (page / "README.md" if page.is_dir() else page).read_text()
        assert variable in text, place


@pytest.mark.usefixtures("folder")
def test_a_command_that_does_not_get_so_far_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("rebuild --from 2026-11-01", "tenants apply tenants.yaml", "seal --before x"):
        result = run("docs/deploy.md", shlex.split(wrong), monkeypatch)
        assert result.exit_code
        assert "Could not connect to the endpoint" not in result.stderr


def test_most_pages_of_commands_are_looked_at() -> None:
    assert len(TYPED) > 40
    assert json.dumps(TYPED).count("docs/runbooks/") > 10
