"""docs/adding.md leads a newcomer: its files exist, its command adds a price."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bedrock_meter import prices
from bedrock_meter.cli.main import app
from bedrock_meter.domain.levels import way_down

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
    things = ["price", "body shape", "signal", "command", "alarm", "dimension"]
    things += ["column", "table attribute"]

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


def test_every_signal_that_ends_in_words_is_on_the_page_of_levels() -> None:
    page = (ROOT / "docs/levels.md").read_text()
    table = page.split("| signal |")[1].split("\n\n")[0]
    shown = {*re.findall(r"`(?:…_)?([a-z0-9_]+)`", table)}

    signals = {*way_down._BELOW, *way_down._LASTING}
    assert {one for one in signals if not {one, one.partition("_")[2]} & shown} == set()


@pytest.mark.parametrize("section", ["A dimension", "A column"])
def test_a_dimension_or_a_column_is_at_most_three_files_of_the_package(section: str) -> None:
    firsts = [PATH.findall(step)[0] for _, step in STEP.findall(SECTIONS[section])]

    assert sum((PACKAGE / path).exists() for path in firsts) <= 3


def test_a_field_of_totals_is_named_nowhere_but_where_the_list_says() -> None:
    naming = [path for path in PACKAGE.rglob("*.py") if re.search(r"\btimed\b", path.read_text())]

    assert {path.relative_to(PACKAGE).as_posix() for path in naming} == {
        "domain/totals/total.py",
        "domain/totals/tally.py",
        "columns/adding.py",  # adds up many calls at once
        "aws/total_columns.py",  # since items call it `calls`, below `latency`
    }


def test_a_column_of_evidence_is_named_nowhere_but_where_the_list_says() -> None:
    writing = [path for path in PACKAGE.rglob("*.py") if "first_byte_ms=" in path.read_text()]

    assert {path.relative_to(PACKAGE).as_posix() for path in writing} == {
        "logs/evidence.py",
        "logs/meter.py",  # the use of a plain record has it, too
        "logs/plain.py",
        "domain/records/merge.py",  # of two records one may lack it
        "columns/gather.py",  # it stands in the Parquet
    }
