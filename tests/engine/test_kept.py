"""An engine that stays: noted in a file, found again, ended on request, forgotten when gone."""

import json
import os
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bedrock_meter.cli.main import app
from engine import server
from engine.demo import kept

pytestmark = pytest.mark.engine


class ADeployment:
    """As much of a deployment as is noted of it."""

    class stack:
        name = "bedrock-meter"

    def __init__(self, engine: server.Engine) -> None:
        self.engine = engine

    def output(self, name: str) -> str:
        return name


@pytest.fixture
def staying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[kept.KeptEngine]:
    file = tmp_path / "kept.json"
    for function in (kept.note, kept.current, kept.stop):
        monkeypatch.setattr(function, "__defaults__", (file,))
    engine = server.start(stays=True)
    try:
        deployment: Any = ADeployment(engine)
        yield kept.note(deployment)
    finally:
        engine.stop()


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/_ministack/health", timeout=2).close()
    except OSError:
        return False
    return True


def test_it_is_found_again_and_ends_on_request(staying: kept.KeptEngine) -> None:
    assert kept.current() == staying
    with pytest.raises(kept.AlreadyKept, match=r"kept already, at http.*; end it with: demo --st"):
        kept.refuse_second()

    told = CliRunner().invoke(app, ["demo", "--stop"])

    assert (told.exit_code, told.stdout) == (0, "")
    assert "is stopped" in told.stderr
    assert not answers(staying.endpoint_url)
    assert not Path(staying.folder).exists()
    assert "no demo is running" in CliRunner().invoke(app, ["demo", "--stop"]).stderr


@pytest.mark.parametrize("found", [True, False])
def test_what_is_printed_to_look_begins_with_the_path_where_the_command_is_not_on_it(
    monkeypatch: pytest.MonkeyPatch, *, found: bool
) -> None:
    monkeypatch.setattr(kept.shutil, "which", lambda name: f"/bin/{name}" if found else None)
    demo = kept.KeptEngine(1, "", "http://127.0.0.1:9", "meter", "us-east-1", "Usage")

    first, *_ = demo.how_to_look()

    path = f'export PATH="{Path(sys.executable).parent}:$PATH"'
    assert first == path if not found else first.startswith("export AWS_ENDPOINT_URL=")


def test_a_second_one_is_refused_in_one_line(staying: kept.KeptEngine) -> None:
    told = CliRunner().invoke(app, ["demo", "--keep"])

    assert (told.exit_code, told.stdout) == (2, "")
    assert told.stderr.count("\n") == 1
    assert staying.endpoint_url in told.stderr
    assert answers(staying.endpoint_url)


@pytest.mark.parametrize("pid", [os.getpid(), 2**22 + 1], ids=["this one", "none"])
def test_a_note_of_a_process_that_is_gone_or_another_is_forgotten(tmp_path: Path, pid: int) -> None:
    file = tmp_path / "kept.json"
    gone = kept.KeptEngine(pid, str(tmp_path), "http://127.0.0.1:9", "meter", "us-east-1", "Usage")
    file.write_text(json.dumps(asdict(replace(gone))))

    assert kept.stop(file) is None
    assert not file.exists()
    assert tmp_path.exists()


def test_a_note_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_text("{")

    assert kept.current(tmp_path / "kept.json") is None
