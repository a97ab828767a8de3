"""The doors of the house: which room may import which."""

import ast
import sys
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
    "aws": {"domain", "logs", "ports", "prices", "aws"},
    "local": {"domain", "logs", "ports", "local"},
    "settings": set(),
    "observability": {"domain"},
    "wiring": {"aws", "domain", "jobs", "logs", "prices", "settings", "version", "wiring", "ports"},
    "policy_file": {"domain"},
    "policy_proposal": {"domain", "policy_file"},
    "version": set(),
    "__init__": set(),
}
FUNCTIONS_MAY_IMPORT = {"wiring", "observability", "aws.s3_events"}
SDK = {"boto3", "botocore"}
WITH_SDK = {"aws", "wiring", "cli"}
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic"}
WITH_CLOCK = {"wiring", "cli"}
MODULES = sorted(HOUSE.rglob("*.py"))


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


def rooms_in(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("bedrock_meter.")}


def name_of(path: Path) -> str:
    return str(path.relative_to(HOUSE))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    room = room_of(path)
    if room == "cli":
        return  # the command line is a user of every room
    found = rooms_in(set(imports_of(path)))

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
    if room_of(path) in {"settings", "cli"}:
        return
    text = path.read_text()

    assert "os.environ" not in text
    assert "getenv" not in text


@pytest.mark.parametrize(
    "path", sorted((ROOT / "functions").glob("*/app.py")), ids=lambda path: path.parent.name
)
def test_a_function_knows_its_wiring_and_its_event(path: Path) -> None:
    found = {
        name.removeprefix("bedrock_meter.")
        for name in imports_of(path)
        if name.startswith("bedrock_meter")
    }

    assert {".".join(name.split(".")[:2]) if name.startswith("aws") else name.split(".")[0]
            for name in found} <= FUNCTIONS_MAY_IMPORT  # fmt: skip
    assert len(path.read_text().splitlines()) <= 60


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_grows_beyond_300_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


def test_each_key_prefix_of_a_table_is_known_by_one_module() -> None:
    owners = {
        '"S#"': "dynamodb_live.py",
        '"L#"': "dynamodb_live.py",
        '"B#"': "dynamodb_live.py",
        '"DECISIONS#"': "dynamodb_decisions.py",
        '"PROFILE#"': "dynamodb_decisions.py",
        'f"TOP#': "dynamodb_usage.py",
    }
    for prefix, owner in owners.items():
        knowing = {path.name for path in MODULES if prefix in path.read_text()}
        assert knowing == {owner}, prefix
