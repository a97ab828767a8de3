"""The policy file `tenants.yaml`: from the text a person writes to a policy, and its errors.

Every plain value is taken as the text it is written as: `007`, `1e3`, `yes` and `2026-01-01` stay
what they are. Only `null` (or nothing), `true` and `false` have a meaning of their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from bedrock_meter.domain.document import Path as Place
from bedrock_meter.domain.document import PolicyError, Problem, spelled
from bedrock_meter.domain.policy import Policy

MOST_NODES = 2_000_000
"""A file of 100,000 tenants has fewer; repeated references can write far more in a few lines."""

_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_STRING = "tag:yaml.org,2002:str"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class PolicyFileError(ValueError):
    """A file that is no policy; every line says file, line, place, what is wrong, what is right."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


def policy_of_file(path: Path) -> Policy:
    """Read a policy; PolicyFileError when the file cannot be read as one, OSError if not at all."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path}: byte {error.start} is no UTF-8; save the file as UTF-8"
        raise PolicyFileError([message]) from error
    return policy_of_text(text, str(path))


def policy_of_text(text: str, name: str) -> Policy:
    """Read a policy from YAML (or JSON, which is YAML); `name` stands in the errors."""
    reading = _Reading()
    try:
        node = yaml.compose(text, Loader=_LOADER)
        document = {} if node is None else reading.value_of(node, ())
    except yaml.MarkedYAMLError as error:
        raise PolicyFileError([_yaml_problem(error, name)]) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise PolicyFileError([f"{name}: is no YAML: {error}".replace("\n", " ")]) from error
    if document is None:
        document = {}
    if not isinstance(document, dict):
        reading.problems.append(Problem((), "holds no mapping", "begin with `tenants:`"))
        document = {}
    return _policy(document, reading, name)


def _policy(document: dict[str, object], reading: "_Reading", name: str) -> Policy:
    problems = list(reading.problems)
    try:
        policy = Policy.from_document(document)
    except PolicyError as error:
        problems += error.problems
    if problems:
        lines = [(reading.line_of(problem.path), problem) for problem in problems]
        lines.sort(key=lambda pair: pair[0])
        raise PolicyFileError(
            [
                f"{name}:{line}: {spelled(each.path)}: {each.what}; {each.right}"
                for line, each in lines
            ]
        )
    return policy


@dataclass
class _Reading:
    """Turns nodes into plain values and remembers the line of each."""

    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    nodes: int = 0
    open_nodes: list[int] = field(default_factory=list)

    def line_of(self, place: Place) -> int:
        """Give the line of a place, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def value_of(self, node: yaml.Node, place: Place) -> object:
        """Give the plain value of a node."""
        self.lines.setdefault(place, node.start_mark.line + 1)
        self.nodes += 1
        if self.nodes > MOST_NODES or id(node) in self.open_nodes:
            raise yaml.YAMLError("references (*) that lead to themselves or to far too much")
        if isinstance(node, yaml.ScalarNode):
            return node.value if node.style else _WORDS.get(node.value, node.value)
        self.open_nodes.append(id(node))
        if isinstance(node, yaml.SequenceNode):
            value: object = [self.value_of(each, (*place, n)) for n, each in enumerate(node.value)]
        else:
            value = dict(self._entries_of(node, place))
        self.open_nodes.pop()
        return value

    def _entries_of(self, node: yaml.Node, place: Place) -> Iterator[tuple[str, object]]:
        seen: set[str] = set()
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(Problem(place, "a key is no text", "write `key: value`"))
                continue
            key = key_node.value
            below = (*place, key)
            if key == "<<" and key_node.tag != _STRING:
                self.problems.append(Problem(below, "is not merged", "use plans and defaults"))
                continue
            if key in seen:
                what = f"stands there twice, here and on line {self.lines[below]}"
                # The second one is what has to be looked at.
                self.lines[below] = key_node.start_mark.line + 1
                self.problems.append(Problem(below, what, "keep one"))
                continue
            seen.add(key)
            self.lines[below] = key_node.start_mark.line + 1
            yield key, self.value_of(value_node, below)


def _yaml_problem(error: yaml.MarkedYAMLError, name: str) -> str:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    what = " ".join(filter(None, (error.context, error.problem)))
    right = "put texts with special characters into quotes"
    if "cannot start any token" in what:
        right = "indent with spaces, never with tabs, and put special characters into quotes"
    return f"{name}:{line}: is no YAML: {what}; {right}"
