"""The stack's code, built for this machine: what `sam build` does, in the native instruction set.

A layer is built by its own Makefile, the same that `sam build` runs, into a folder named after the
content it was built from. What did not change is not built again; a running stack keeps its own.
"""

import fcntl
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

from engine import template
from engine.server import LOCAL, ROOT

FOLDER = LOCAL / "build"
KEPT = 4  # builds of one layer; older ones are removed


class BuildFailed(RuntimeError):
    """A layer could not be built; the message is what its Makefile printed."""


def architecture() -> str:
    """This machine's processor, as Lambda names it."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


def built(path: Path = ROOT / "template.yaml") -> dict[str, Any]:
    """The template, its code paths replaced by absolute ones of folders ready to be deployed."""
    document = template.as_written(path)
    if include := document["Resources"].get("Fn::Transform"):
        _point(include["Parameters"], "Location", path.parent)
    for resource in template.of_type(document, "AWS::Serverless::Function").values():
        _point(resource["Properties"], "CodeUri", path.parent)
    for resource in template.of_type(document, "AWS::Serverless::StateMachine").values():
        _point(resource["Properties"], "DefinitionUri", path.parent)
    with _one_at_a_time():
        for name, resource in template.of_type(document, "AWS::Serverless::LayerVersion").items():
            properties = resource["Properties"]
            _point(properties, "ContentUri", path.parent)
            if resource.get("Metadata", {}).get("BuildMethod") == "makefile":
                properties["ContentUri"] = str(_layer(name, Path(properties["ContentUri"])))
    return document


def digest_of(folder: Path) -> str:
    """Return the content of a folder; caches and byte code left aside."""
    digest = sha256()
    for file in files_in(folder):
        digest.update(f"{file.relative_to(folder)}\0{file.stat().st_size}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def files_in(folder: Path, *, compiled: bool = False) -> list[Path]:
    """The files of a folder in a fixed order; byte code only if asked for."""
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and (compiled or "__pycache__" not in file.parts)
    )


def _point(properties: dict[str, Any], key: str, base: Path) -> None:
    properties[key] = str((base / properties[key]).resolve())


def _layer(name: str, source: Path) -> Path:
    """The folder with a layer built for this machine."""
    target = FOLDER / f"{name}-{architecture()}-{digest_of(source)}"
    if not target.exists():
        scratch = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=FOLDER))
        try:
            _make(name, source, scratch)
            scratch.rename(target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        _forget_old(name)
    os.utime(target)
    return target


def _make(name: str, source: Path, target: Path) -> None:
    run = subprocess.run(
        ["make", "-s", f"build-{name}", "LAYER_ARCH=host", f"PYTHON={sys.executable}"],
        cwd=source,
        env={**os.environ, "ARTIFACTS_DIR": str(target)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise BuildFailed(f"{name}: {run.stdout}{run.stderr}")
    target.chmod(0o755)


def _forget_old(name: str) -> None:
    builds = sorted(FOLDER.glob(f"{name}-*"), key=lambda build: build.stat().st_mtime)
    for build in builds[:-KEPT]:
        shutil.rmtree(build, ignore_errors=True)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Test workers start together; one builds, the others find it done."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    for layer in template.of_type(built(), "AWS::Serverless::LayerVersion").values():
        print(layer["Properties"]["ContentUri"])
