"""What a command loads before it does anything: the start is short because little is imported."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from bedrock_meter.cli.lazily import group_of
from bedrock_meter.cli.main import COMMANDS, app
from bedrock_meter.version import RELEASE

QUOTE = 'quote --model amazon.nova-pro-v1:0 --region us-east-1 --usage {"input_tokens":5}'
SDK = {"boto3", "botocore", "pyarrow"}
SCREEN = {"rich.table", "rich.console", "yaml"}
HOUSE = {"bedrock_meter.jobs", "bedrock_meter.aws", "bedrock_meter.compose", "engine"}
SHOW = (
    "import sys; sys.argv = ['bedrock-meter', *{words!r}]\n"
    + """
from bedrock_meter.cli.main import app
try:
    app()
finally:
    print(*sys.modules, sep="\\n", file=sys.stderr)
"""
)


def loaded_by(line: str) -> set[str]:
    """Names of all modules that a command has loaded when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", SHOW.format(words=line.split())],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stderr.split())


@pytest.mark.parametrize(
    ("line", "not_loaded"),
    [
        ("--help", SDK | SCREEN | HOUSE | {"msgspec", "bedrock_meter.domain", "pydantic"}),
        ("--version", SDK | SCREEN | HOUSE | {"msgspec", "bedrock_meter.domain"}),
        ("rate --help", SDK | SCREEN | HOUSE),
        (QUOTE, SDK | SCREEN | HOUSE | {"bedrock_meter.logs", "msgspec"}),
        ("rate tests/golden/samples/aws-bbg-responses", SDK | SCREEN | HOUSE),
        ("flags --help", SDK | SCREEN),
        ("demo --help", SDK | SCREEN | {"engine"}),
    ],
)
def test_a_command_loads_only_what_it_uses(line: str, not_loaded: set[str]) -> None:
    assert loaded_by(line) & not_loaded == set()


def test_a_quote_loads_prices_and_nothing_of_the_meter() -> None:
    own = {name.split(".")[1] for name in loaded_by(QUOTE) if name.startswith("bedrock_meter.")}

    assert own == {"cli", "domain", "prices", "version"}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_help_is_there_and_has_help_of_its_own(name: str) -> None:
    told = CliRunner().invoke(app, [name, "--help"])

    assert told.exit_code == 0
    assert f"{name} [OPTIONS]" in told.stdout


def test_the_help_of_the_whole_is_told_without_any_command() -> None:
    told = CliRunner().invoke(app, ["--help"]).stdout

    for name, help_text in COMMANDS.items():
        assert f"  {name} " in told
        assert help_text in told


def test_a_misspelled_command_is_answered_with_the_nearest() -> None:
    told = CliRunner().invoke(app, ["flagz"])

    assert told.exit_code == 2
    assert "Did you mean 'flags'?" in told.stderr


def test_commands_are_made_once() -> None:
    command = get_command(app)

    assert isinstance(command, group_of(COMMANDS).__mro__[1])
    assert command.commands["rate"] is command.commands["rate"]


@pytest.mark.parametrize("module", ["bedrock_meter", "bedrock_meter.cli.main"])
def test_the_command_line_is_a_module_too(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=True
    )

    assert done.stdout == f"bedrock-meter {RELEASE}\n"


@pytest.mark.parametrize("line", ["--help", "prices --help", "prices list", QUOTE])
def test_output_that_cannot_be_written_is_one_clear_line(line: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "bedrock_meter", *line.split()],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    message = "bedrock-meter: the results cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (2, message)
