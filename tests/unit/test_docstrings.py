"""What a machine can tell of docstrings: one dialect, and names that there are."""

import ast
import builtins
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOUSES = (
    ROOT / "layers/bedrock_meter/python/bedrock_meter",
    ROOT / "layers/bedrock_meter_client/python/bedrock_meter_client",
)
MODULES = sorted(path for house in HOUSES for path in house.rglob("*.py"))
FUNCTIONS = sorted((ROOT / "functions").glob("*/app.py"))
DEVELOPMENT = sorted(
    path for folder in ("bench", "engine", "simulate") for path in (ROOT / folder).rglob("*.py")
)
OF_OTHERS = {"config.json", "USE1_input_tokens_global_standard"}
"""A file of another project that a command imports, and an example of a usage type of AWS."""

OTHER_DIALECTS = {
    one + ending
    for one in ("Give", "Tell", "Name", "Say", "Answer", "Whether", "Return", "Raise")
    for ending in ("", "s")
} - {"Return", "Raise"}
"""First words of a function's docstring that should be "Return" (or "Raise")."""

type Function = ast.FunctionDef | ast.AsyncFunctionDef
_RAISES = re.compile(r"\bRaises\b")
_NAME = re.compile(r"`([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)(?:\(\))?`")
_FILE = re.compile(r"`([\w./-]+\.(?:py|md|json|yaml|txt))`")


def name_of(path: Path) -> str:
    house = next(house for house in (*HOUSES, ROOT) if house in path.parents)
    return str(path.relative_to(house))


def functions_in(source: str) -> Iterator[tuple[Function, str]]:
    """Return every function that has a docstring and is no property, with its docstring."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text and not any("property" in ast.unparse(one) for one in node.decorator_list):
                yield node, text


def complaints(source: str) -> Iterator[str]:
    """Return what is wrong with the dialect of a module's docstrings, and the function's name."""
    for node, text in functions_in(source):
        first = text.split()[0].rstrip(",;:")
        if first in OTHER_DIALECTS:
            yield f'{node.name} begins with "{first}"'
        if _RAISES.search(text):
            yield f'{node.name} says "Raises"'


@pytest.mark.parametrize("path", [*MODULES, *FUNCTIONS, *DEVELOPMENT], ids=name_of)
def test_a_function_says_return_and_raise(path: Path) -> None:
    assert list(complaints(path.read_text())) == []


@pytest.mark.parametrize("text", ["Tell whether.", "Says it.", "Whether so.", "Read. Raises `E`."])
def test_another_dialect_is_found(text: str) -> None:
    assert list(complaints(f'def f():\n    """{text}"""'))


@cache
def known_names() -> frozenset[str]:
    """Every name that the code of this repository binds, asks for or spells as a word of text.

    A backticked word of a docstring may be an identifier, an attribute, a parameter, a keyword, a
    module, a column, a status, a field of JSON or a resource of the template: each of those is in
    the code somewhere. That it is the one that was meant, no machine can tell.
    """
    names = {*dir(builtins), *sys.stdlib_module_names}
    names |= set(re.findall(r"\w+", (ROOT / "template.yaml").read_text()))
    for path in [*MODULES, *FUNCTIONS]:
        names |= {path.stem, path.parent.name}
        names.update(_bound(ast.parse(path.read_text())))
    return frozenset(names)


def _bound(tree: ast.AST) -> Iterator[str]:
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        for field in ("id", "attr", "arg", "name", "asname", "module"):
            found = getattr(node, field, None)
            if isinstance(found, str):
                yield from found.split(".")
        if (
            isinstance(node, ast.Constant)
            and type(node.value) is str
            and id(node) not in docstrings
        ):
            yield from re.findall(r"\w+", node.value)


def unknown_in(text: str) -> list[str]:
    """Return the backticked names and files of a module's docstring that there are not."""
    names = [one for one in _NAME.findall(text) if not _FILE.fullmatch(f"`{one}`")]
    gone = [one for one in names if not set(one.split(".")) <= known_names()]
    gone += [one for one in _FILE.findall(text) if not _is_file(one)]
    return [one for one in gone if one not in OF_OTHERS]


def _is_file(name: str) -> bool:
    """Return whether a file of the repository has this name, alone or below some folder."""
    return any(path.as_posix().endswith(f"/{name}") for path in _files())


@cache
def _files() -> tuple[Path, ...]:
    kept = ("layers", "docs", "functions", "tests", "statemachines")
    found = [path for folder in kept for path in (ROOT / folder).rglob("*.*")]
    return (*found, *ROOT.glob("*.*"))


@pytest.mark.parametrize("path", [*MODULES, *FUNCTIONS], ids=name_of)
def test_the_names_in_the_docstring_of_a_module_are_names_that_there_are(path: Path) -> None:
    text = ast.get_docstring(ast.parse(path.read_text())) or ""

    assert unknown_in(text) == []


def test_a_name_that_is_gone_is_found() -> None:
    text = "See `put_next`, `jobs/erase_tenant.py`, `no_such_thing` and `jobs/no_such_file.py`."

    assert unknown_in(text) == ["no_such_thing", "jobs/no_such_file.py"]
