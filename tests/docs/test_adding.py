"""docs/adding.md leads a newcomer: its files exist, its command adds a price."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bedrock_meter import prices
from bedrock_meter.cli.main import app
from bedrock_meter.domain.totals.total import Total

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers/bedrock_meter/python/bedrock_meter"
TEXT = (ROOT / "docs/adding.md").read_text()
SECTIONS = dict(part.split("\n", 1) for part in TEXT.split("\n## ")[1:])
STEP = re.compile(r"^([0-9]+)\. (.*)$", re.M)
PATH = re.compile(r"`([\w*]+(?:/[\w.*-]+)*\.\w+)`")
NAMED = re.compile(r"in `([A-Za-z_]+)`")


@pytest.mark.parametrize("section", SECTIONS)
def test_what_to_touch_is_a_list_of_files_that_exist_in_order(section: str) -> None:
    steps = STEP.findall(SECTIONS[section])

    assert [int(number) for number, _ in steps] == list(range(1, len(steps) + 1))
    assert len(steps) >= 4
    for _, step in steps:
        first = PATH.match(step)
        assert first, f"{step}: does not begin with a file"
        for path in PATH.findall(step):
            assert list(ROOT.glob(path)) or list(PACKAGE.glob(path)), path


def test_every_thing_that_is_added_often_has_its_list() -> None:
    things = ["price", "body shape", "signal", "command", "alarm", "dimension", "table attribute"]

    assert [name.split(" ", 1)[1] for name in SECTIONS] == things


@pytest.mark.parametrize("section", SECTIONS)
def test_what_a_step_names_in_a_file_stands_there(section: str) -> None:
    for _, step in STEP.findall(SECTIONS[section]):
        first = PATH.match(step)
        assert first
        (file,) = list(PACKAGE.glob(first[1]))[:1] or list(ROOT.glob(first[1]))[:1]
        for name in NAMED.findall(step):
            texts = [file.read_text(), *(p.read_text() for p in _others(step))]
            assert any(name in text for text in texts), f"{name} is not in {file.name}"


def _others(step: str) -> list[Path]:
    return [file for path in PATH.findall(step)[1:] for file in PACKAGE.glob(path)]


def test_the_command_adds_a_price(tmp_path: Path) -> None:
    for path in prices.FOLDER.glob("*.tsv"):
        (tmp_path / path.name).write_text(path.read_text())
    block = re.findall(r"```sh\n(.*?)```", SECTIONS["A price"], re.S)[0]
    words = shlex.split(block.replace("\\\n", " "))[1:]
    assert words[-1] == "--dry-run"  # Whoever copies it sees first, and writes then.

    done = CliRunner().invoke(app, [*words[:-1], "--folder", str(tmp_path)])

    assert done.exit_code == 0, done.stderr
    assert " → 0.85 per 1000000 [" in done.stdout
    assert len(prices.read_folder(tmp_path).rows()) == len(prices.shipped_rows()) + 1


def test_a_dimension_of_totals_is_where_the_list_says() -> None:
    steps = [PATH.findall(step)[0] for _, step in STEP.findall(SECTIONS["A dimension"])]
    knowing = [path for path in steps[1:6] if "models" in (PACKAGE / path).read_text()]

    assert "models" in Total.__dataclass_fields__
    assert knowing == steps[1:6]
