"""`bedrock-meter demo`: what is wrong with its options is said before anything is started."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bedrock_meter.cli import demo
from bedrock_meter.cli.main import app


@pytest.fixture(autouse=True)
def never_played(monkeypatch: pytest.MonkeyPatch) -> None:
    def played(_: object) -> None:
        raise AssertionError("the demo was started")

    monkeypatch.setattr(demo, "_played", played)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["demo", *map(str, arguments)])


def test_a_picture_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    for picture, why in (
        (tmp_path, "Is a directory"),
        (tmp_path / "file" / "demo.svg", "File exists"),
    ):
        result = run("--picture", picture)

        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == (f"bedrock-meter: --picture {picture}: cannot be written: {why}\n")


def test_logs_that_are_no_folder_are_refused_at_once(tmp_path: Path) -> None:
    result = run("--logs", tmp_path / "nowhere")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "is not a folder; name one that holds log files" in result.stderr
