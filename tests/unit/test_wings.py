"""The wings of the domain and their order; no circle among the modules of any package."""

import ast
import re
from collections import Counter
from collections.abc import Container, Mapping
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
    """Return, for each module, those of the same package that it imports, wherever it does."""
    return {name: imported_by(path, modules) - {name} for name, path in modules.items()}


def imported_by(path: Path, modules: Container[str]) -> set[str]:
    """Return which modules a file imports, inside functions and for types alone too."""
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = (f"{node.module}.{alias.name}" for alias in node.names)
            found.update(part if part in modules else node.module or "" for part in parts)
    return {name for name in found if name in modules}


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


def _arrows() -> Counter[tuple[str, str]]:
    """Count the imports from one wing into another."""
    imports = imports_in(modules_of("bedrock_meter"))
    return Counter(
        (wing, other)
        for name, imported in imports.items()
        if (wing := wing_of(name))
        for other in map(wing_of, imported)
        if other and other != wing
    )


def wing_of(module: str) -> str:
    """Return the wing of a module of the domain, or of its package; of others nothing."""
    found = re.fullmatch(r"bedrock_meter\.domain\.(\w+)(\.\w+)?", module)
    return found[1] if found else ""


def test_the_map_of_the_domain_names_every_module_in_its_wing() -> None:
    shown = (DOMAIN / "__init__.py").read_text()
    places = [shown.index(f"* {wing}: ") for wing in WINGS]
    texts = [shown[start:end] for start, end in pairwise([*places, len(shown)])]

    assert places == sorted(places)
    for wing, text in zip(WINGS, texts, strict=True):
        modules = {path.stem for path in (DOMAIN / wing).glob("*.py")} - {"__init__"}
        assert set(re.findall(r"`(\w+)`", text)) == modules, wing
