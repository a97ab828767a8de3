"""The package of the command: what the wheel holds, what it needs, and that it runs by itself."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

from bedrock_meter.version import RELEASE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "layers" / "bedrock_meter" / "python"
SAMPLES = ROOT / "tests" / "golden" / "samples"
RUN = "import sys; sys.argv[0] = 'bedrock-meter'; from bedrock_meter.cli.main import app; app()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from copies as `make packages` does it, without any network."""
    root = tmp_path_factory.mktemp("repository")
    for name in ("pyproject.toml", "README.md", "LICENSE", "layers"):
        (root / name).symlink_to(ROOT / name)
    (root / "requirements").mkdir()
    for name in ("packages.sh", "runtime.in"):
        (root / "requirements" / name).write_text((ROOT / "requirements" / name).read_text())
    subprocess.run(
        ["sh", "requirements/packages.sh"],
        cwd=root,
        env={**os.environ, "PYTHON": sys.executable},
        check=True,
        capture_output=True,
    )
    (made,) = (root / "dist").glob("bedrock_meter-*.whl")
    return made


@pytest.fixture(scope="module")
def told(wheel: Path) -> object:
    """The metadata of the wheel."""
    with zipfile.ZipFile(wheel) as file:
        (name,) = (name for name in file.namelist() if name.endswith("/METADATA"))
        return message_from_string(file.read(name).decode())


def test_the_wheel_holds_the_command_and_its_prices_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
    modules = {path.relative_to(SOURCES).as_posix() for path in SOURCES.rglob("*.py")}
    prices = {path.relative_to(SOURCES).as_posix() for path in SOURCES.glob("*/prices/*.t*")}

    assert names == modules | prices | {"bedrock_meter/py.typed"}


def test_the_wheel_says_what_it_is_and_what_it_needs(told: object) -> None:
    lines = (ROOT / "requirements" / "runtime.in").read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]

    assert (told["Name"], told["Version"]) == ("bedrock-meter", RELEASE)  # type: ignore[index]
    assert told["Requires-Python"] == ">=3.12"  # type: ignore[index]
    assert sorted(told.get_all("Requires-Dist")) == sorted(wanted)  # type: ignore[attr-defined]


def ran(wheel: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command from the wheel alone; only what it depends on is beside it."""
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    places = [str(folder), sysconfig.get_path("purelib")]
    return subprocess.run(
        [sys.executable, "-S", "-c", RUN, *words],
        cwd=folder,
        env={"PYTHONPATH": os.pathsep.join(places), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_runs_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    done = ran(wheel, tmp_path, "rate", str(SAMPLES))

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 35


def test_the_demo_says_what_it_needs_beside_the_package(wheel: Path, tmp_path: Path) -> None:
    done = ran(wheel, tmp_path, "demo")

    assert (done.returncode, done.stdout) == (2, "")
    assert "clone it, run `make setup`, then `make demo`" in done.stderr
