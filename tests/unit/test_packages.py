"""What the packages promise to who imports them: their types, and one meaning per class name."""

import ast
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "bedrock_meter": (ROOT / "layers/bedrock_meter/python", ROOT / "pyproject.toml"),
    "bedrock_meter_client": (
        ROOT / "layers/bedrock_meter_client/python",
        ROOT / "layers/bedrock_meter_client/pyproject.toml",
    ),
}


DEVELOPMENT = ("bench", "engine", "functions", "simulate")
"""What is written around the package; the layers hold none of it."""


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_ships_the_mark_that_its_types_are_its_own(package: str) -> None:
    folder, project = PACKAGES[package]
    built = tomllib.loads(project.read_text())["tool"]["setuptools"]["package-data"]
    made = (folder.parent / "Makefile").read_text()

    assert (folder / package / "py.typed").read_text() == ""
    assert "py.typed" in built[package]
    assert f'cp -R python/{package} "$(ROOT)/"' in made
    assert not re.search(r"rm .*py\.typed|\*\.typed", made)


@pytest.mark.parametrize("package", PACKAGES)
def test_types_stand_in_the_modules_themselves(package: str) -> None:
    """A stub would hide from checkers whatever the module says since it was written."""
    folder, _ = PACKAGES[package]

    assert sorted(folder.rglob("*.pyi")) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_function_says_its_types(package: str) -> None:
    untyped = [
        f"{path.name}:{node.lineno}"
        for path in PACKAGES[package][0].rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.returns is None or any(one.annotation is None for one in _given(node)))
    ]

    assert untyped == []


def _given(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    """Return the parameters that a caller fills; `self` and `cls` are none of them."""
    named = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    starred = [one for one in (node.args.vararg, node.args.kwarg) if one]
    return [one for one in (*named, *starred) if one.arg not in {"self", "cls"}]


def defined_twice(paths: Iterable[Path]) -> dict[str, list[str]]:
    """Return the public classes that several modules define, each with its modules."""
    modules = defaultdict(list)
    for path in sorted(paths):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                modules[node.name].append(path.name)
    return {name: found for name, found in modules.items() if len(found) > 1}


def test_the_name_of_a_class_has_one_meaning_in_the_package_and_all_that_develops_it() -> None:
    folders = [PACKAGES["bedrock_meter"][0], *(ROOT / name for name in DEVELOPMENT)]

    assert defined_twice(path for folder in folders for path in folder.rglob("*.py")) == {}


def test_the_name_of_a_class_has_one_meaning_in_the_client() -> None:
    assert defined_twice(PACKAGES["bedrock_meter_client"][0].rglob("*.py")) == {}


def test_a_second_meaning_is_found(tmp_path: Path) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("class Found:\n    pass\n\n\nclass _Private:\n    pass\n")

    assert defined_twice(tmp_path.glob("*.py")) == {"Found": ["one.py", "two.py"]}
