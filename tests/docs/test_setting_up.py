"""What must be there to set up: the demo runs without Node; the rest says that it is missing."""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = {".venv": "dev.txt", ".venv-lambda": "lambda.txt"}
TOOLS = ("sh", "env", "cmp", "cat", "dirname", "mv")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy whose environments are up to date, on a machine without Node."""
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for folder, lock in LOCKS.items():
        venv.create(tmp_path / folder, with_pip=False, symlinks=True)
        shutil.copy(ROOT / "requirements" / lock, tmp_path / folder / "installed.txt")
    package = tmp_path / ".venv" / "package.txt"
    parts = (tmp_path / "pyproject.toml", tmp_path / "requirements" / "runtime.in")
    package.write_text("".join(part.read_text() for part in parts))
    command = tmp_path / ".venv" / "bin" / "bedrock-meter"
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    (tmp_path / "bin").mkdir()
    for tool in TOOLS:
        (tmp_path / "bin" / tool).symlink_to(str(shutil.which(tool)))
    return tmp_path


def install(repository: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "requirements/install.sh", *words],
        cwd=repository,
        env={"PATH": str(repository / "bin"), "PYTHON": sys.executable, "HOME": os.devnull},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_demo_is_set_up_without_node(repository: Path) -> None:
    done = install(repository, "demo")

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    (beside,) = repository.glob(".venv/lib/*/site-packages/bedrock_meter_repository.pth")
    client, root = beside.read_text().splitlines()
    assert Path(root).resolve() == repository.resolve()
    assert client == f"{root}/layers/bedrock_meter_client/python"


def test_everything_else_says_that_node_is_missing_and_who_needs_it(repository: Path) -> None:
    done = install(repository)

    assert done.returncode == 2
    assert "Node.js 18 or newer is missing" in done.stderr
    assert "make demo does not" in done.stderr


@pytest.mark.parametrize(("target", "asks"), [("demo", True), ("packages", True), ("lint", False)])
def test_make_sets_up_what_a_target_needs(target: str, asks: bool) -> None:
    done = subprocess.run(
        ["make", "-n", target, "KEEP=1"], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert ("install.sh demo" in done.stdout) is asks
    assert ("--keep" in done.stdout) is (target == "demo")
