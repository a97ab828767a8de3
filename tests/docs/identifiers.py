"""Identifiers, cut into the words that they are made of."""

import ast
import re
from collections.abc import Iterator

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def words_of(name: str) -> tuple[str, ...]:
    """Return the words of `snake_case`, `CamelCase` or plain text, in lower case."""
    return tuple(word.lower() for word in WORD.findall(name))


def defined_in(source: str) -> Iterator[str]:
    """Return the names of classes, functions and fields that a module defines."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef):
            yield node.name
            yield from _fields_of(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def _fields_of(node: ast.ClassDef) -> Iterator[str]:
    for one in node.body:
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            yield one.target.id


def holds(name: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Return whether a name holds words side by side, each of them whole.

    The last one may stand in the plural in either.
    """
    places = range(len(name) - len(words) + 1)
    return any(_same(name[place : place + len(words)], words) for place in places)


def _same(found: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return found[:-1] == words[:-1] and _singular(found[-1]) == _singular(words[-1])


def _singular(word: str) -> str:
    return word if word.endswith("ss") else word.removesuffix("s")
