"""The doors of the house: which room may import which."""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "layers/bedrock_meter/python/bedrock_meter"

MAY_IMPORT = {
    "domain": {"domain"},
    "ports": {"domain", "ports"},
    "logs": {"domain", "logs", "version"},
    "jobs": {"domain", "jobs", "ports"},
    "prices": {"domain", "prices"},
    "columns": {"columns", "domain", "logs", "ports"},
    "aws": {"aws", "columns", "domain", "logs", "ports", "prices"},
    "local": {"domain", "local", "logs", "ports"},
    "compose": {
        "aws", "columns", "compose", "domain", "jobs", "logs", "ports", "prices", "version",
    },
    "observability": {"compose", "domain"},  # its settings
    "policy_file": {"domain"},
    "policy_proposal": {"domain", "policy_file"},
    "cli": {
        "cli", "compose", "domain", "jobs", "local", "logs", "policy_file", "policy_proposal",
        "ports", "prices", "version",
    },
    "version": set(),
    "__init__": set(),
    "__main__": {"cli"},
}  # fmt: skip
READ_BY_COMMANDS = {"aws.bedrock_logging", "aws.s3_objects"}
"""What commands know of `aws/`: how an answer of AWS is read. They make no adapter."""
FUNCTIONS_MAY_IMPORT = {"compose", "observability", "aws.s3_events"}
PARTS_OF_THE_PRICE_FEED = {"AgreementOffers", "PriceList"}
SDK = {"boto3", "botocore"}
WITH_SDK = {"aws", "compose", "cli"}
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic"}
WITH_CLOCK = {"compose", "cli"}
MODULES = sorted(HOUSE.rglob("*.py"))
USERS = [*MODULES]
USERS += [file for part in ("bench", "engine", "functions", "simulate")
          for file in sorted((ROOT / part).rglob("*.py"))]  # fmt: skip


def room_of(path: Path) -> str:
    return path.relative_to(HOUSE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            module = node.module or ""
            yield from (
                f"{module}.{alias.name}" if module == "bedrock_meter" else module
                for alias in node.names
            )


def names_in_house(path: Path) -> set[str]:
    """What a module imports of the package, without the name of the package."""
    names = (name.partition(".") for name in imports_of(path))
    return {rest for package, _, rest in names if package == "bedrock_meter" and rest}


def name_of(path: Path) -> str:
    return str(path.relative_to(HOUSE))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    room = room_of(path)
    names = names_in_house(path) - (READ_BY_COMMANDS if room == "cli" else set())
    found = {name.split(".")[0] for name in names}

    assert found <= MAY_IMPORT[room], f"{room} may not import {found - MAY_IMPORT[room]}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_adapters_know_the_sdk(path: Path) -> None:
    top = {name.split(".")[0] for name in imports_of(path)}

    assert room_of(path) in WITH_SDK or not SDK & top


@pytest.mark.parametrize("path", sorted((HOUSE / "domain").rglob("*.py")), ids=name_of)
def test_the_domain_needs_nothing_but_the_standard_library(path: Path) -> None:
    top = {name.split(".")[0] for name in imports_of(path)}
    outside = top - {"bedrock_meter"} - sys.stdlib_module_names

    assert not outside
    assert not top & {"os", "logging", "socket", "time", "random", "urllib", "subprocess"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_clock_is_read_in_the_outermost_rooms_only(path: Path) -> None:
    if room_of(path) in WITH_CLOCK:
        return
    reads = [
        node.attr
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in CLOCKS
        and isinstance(node.value, ast.Name)
        and node.value.id in {"datetime", "date", "time"}
    ]

    assert not reads


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_environment_is_read_by_settings_only(path: Path) -> None:
    if room_of(path) == "cli" or path == HOUSE / "compose/settings.py":
        return
    text = path.read_text()

    assert "os.environ" not in text
    assert "getenv" not in text


@pytest.mark.parametrize(
    "path", sorted((ROOT / "functions").glob("*/app.py")), ids=lambda path: path.parent.name
)
def test_a_function_knows_its_composition_and_its_event(path: Path) -> None:
    parts = [name.split(".") for name in names_in_house(path)]
    found = {".".join(part[:2]) if part[0] == "aws" else part[0] for part in parts}

    assert found <= FUNCTIONS_MAY_IMPORT
    assert len(path.read_text().splitlines()) <= 60


def adapters() -> set[str]:
    """The classes of `aws/` that stand on a client: all that are no errors, tuples or protocols."""
    return {
        node.name
        for path in sorted((HOUSE / "aws").glob("*.py"))
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef) and not node.bases
    }


def made_in(path: Path) -> Iterator[str]:
    """Return what a module calls, has called or derives from, as often, by its first name."""
    tree = ast.parse(path.read_text())
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    first = {one.asname: one.name for node in imports for one in node.names if one.asname}
    for node in ast.walk(tree):
        uses = [node.func, *node.args] if isinstance(node, ast.Call) else []
        uses += node.bases if isinstance(node, ast.ClassDef) else []
        names = (getattr(use, "attr", getattr(use, "id", "")) for use in uses)
        yield from (first.get(name, name) for name in names)


def test_each_adapter_is_made_at_one_place_and_this_is_a_composition() -> None:
    known = adapters()
    made = [(name, path) for path in USERS for name in made_in(path) if name in known]
    elsewhere = [(name, str(path)) for name, path in made if HOUSE / "compose" not in path.parents]

    assert len(known) > 20
    assert Counter(name for name, _ in made) == Counter(known)
    assert {name for name, _ in elsewhere} == PARTS_OF_THE_PRICE_FEED, elsewhere


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_grows_beyond_300_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
