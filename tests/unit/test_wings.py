"""The wings of the domain and their order; no circle among the modules of any package."""

import ast
import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers/bedrock_meter/python"
DOMAIN = LAYER / "bedrock_meter/domain"
WINGS = ("time", "records", "pricing", "prices", "levels", "policy", "totals")
"""A wing knows those that stand before it, and none that stands behind."""

PACKAGES = {
    "bedrock_meter": LAYER / "bedrock_meter",
    "bedrock_meter_client": ROOT / "layers/bedrock_meter_client/python/bedrock_meter_client",
    **{name: ROOT / name for name in ("simulate", "engine", "bench")},
}


def modules_of(package: str) -> dict[str, Path]:
    """Return every module of a package, with its file."""
    folder = PACKAGES[package]
    names = {path: path.relative_to(folder.parent).with_suffix("") for path in folder.rglob("*.py")}
    return {".".join(name.parts).removesuffix(".__init__"): path for path, name in names.items()}


def imports_in(modules: Mapping[str, Path]) -> dict[str, set[str]]:
    """Return, for each module, those of the same package that it imports when it is imported."""
    return {name: set(_imported(name, path, modules)) for name, path in modules.items()}


def _imported(name: str, path: Path, modules: Mapping[str, Path]) -> Iterator[str]:
    for node in _at_import(ast.parse(path.read_text()).body):
        if isinstance(node, ast.Import):
            found = [alias.name for alias in node.names]
        else:
            parts = (f"{node.module}.{alias.name}" for alias in node.names)
            found = [part if part in modules else node.module or "" for part in parts]
        yield from (one for one in found if one in modules and one != name)


def _at_import(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Return the imports that run with the module: none inside a function, none for types alone."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from _at_import([*node.body, *node.orelse])
        elif isinstance(node, ast.Try):
            yield from _at_import([*node.body, *(one for h in node.handlers for one in h.body)])


def circle_in(imports: Mapping[str, set[str]]) -> list[str]:
    """Return the modules of one circle, if there is any."""
    try:
        tuple(TopologicalSorter(imports).static_order())
    except CycleError as circle:
        found: list[str] = circle.args[1]
        return found
    return []


@pytest.mark.parametrize("package", PACKAGES)
def test_modules_import_each_other_in_no_circle(package: str) -> None:
    assert circle_in(imports_in(modules_of(package))) == []


def test_a_circle_is_found() -> None:
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}})


def wing_of(module: str) -> str:
    return module.split(".")[2]


def test_every_module_of_the_domain_stands_in_a_wing() -> None:
    folders = {path.name for path in DOMAIN.iterdir() if path.is_dir() and any(path.glob("*.py"))}

    assert folders == set(WINGS)
    assert [path.name for path in DOMAIN.glob("*.py")] == ["__init__.py"]


def test_no_wing_knows_one_that_stands_behind_it() -> None:
    arrows = _arrows()

    print(" → ".join(WINGS))
    for (one, other), count in sorted(arrows.items()):
        print(f"{one} knows {other}: {count}")
    backwards = {(one, other) for one, other in arrows if WINGS.index(one) < WINGS.index(other)}
    assert not backwards


def _arrows() -> dict[tuple[str, str], int]:
    """Count the imports between wings, those inside functions and for types included."""
    arrows: dict[tuple[str, str], int] = {}
    for path in DOMAIN.rglob("*.py"):
        wing = path.relative_to(DOMAIN).parts[0]
        for other in re.findall(r"bedrock_meter\.domain\.(\w+)", path.read_text()):
            if other != wing and path.parent != DOMAIN:
                arrows[wing, other] = arrows.get((wing, other), 0) + 1
    return arrows


def test_the_map_of_the_domain_names_every_module_in_its_wing() -> None:
    shown = (DOMAIN / "__init__.py").read_text()
    places = [shown.index(f"* {wing}: ") for wing in WINGS]
    texts = [shown[start:end] for start, end in pairwise([*places, len(shown)])]

    assert places == sorted(places)
    for wing, text in zip(WINGS, texts, strict=True):
        modules = {path.stem for path in (DOMAIN / wing).glob("*.py")} - {"__init__"}
        assert set(re.findall(r"`(\w+)`", text)) == modules, wing
