"""The policy file `tenants.yaml`: from the text a person writes to a policy, and its errors.

Every plain value is the text that is written: `007`, `1e3`, `yes` and `2026-01-01` stay as they
are. Only `null` (or nothing), `true` and `false` have a meaning of their own. References (`&`, `*`,
`<<`) are refused: plans and defaults do the same, and a few lines of references can expand to more
than any machine's memory.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import yaml
from yaml import events

from bedrock_meter.domain.policy.document import Path as Place
from bedrock_meter.domain.policy.document import PolicyError, Problem, spelled
from bedrock_meter.domain.policy.policy import Policy

DEEPEST = 20
"""Levels of nesting; a policy has seven."""

_WORDS: Mapping[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class PolicyFileError(ValueError):
    """A file that is not a policy; each line has file, line, place, problem and remedy."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = tuple(lines)


def policy_of_file(path: Path) -> Policy:
    """Read a policy; PolicyFileError when the file is not one, OSError when it is unreadable."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8"
        raise PolicyFileError([message]) from error
    return policy_of_text(text, str(path))


def policy_of_text(text: str, name: str) -> Policy:
    """Read a policy from YAML (or JSON, which is YAML); errors begin with `name`."""
    reading = _Reading()
    try:
        document = reading.document_of(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        raise PolicyFileError([_yaml_problem(error, name)]) from error
    problems = list(reading.problems)
    try:
        policy = Policy.from_document(document)
    except PolicyError as error:
        problems += error.problems
    if problems:
        placed = sorted((reading.line_of(each.path), each) for each in problems)
        raise PolicyFileError([_line(name, line, problem) for line, problem in placed])
    return policy


def _line(name: str, line: int, problem: Problem) -> str:
    return f"{name}:{line}: {spelled(problem.path)}: {problem.what}; {problem.right}"


class PolicyTooDeep(yaml.YAMLError):
    """More nesting than any policy needs."""


class _Reading:
    """Turns the events of a YAML stream into plain values, and keeps the line of each."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._lines: dict[Place, int] = {}
        self._events: Iterator[events.Event] = iter(())

    def document_of(self, stream: Iterator[events.Event]) -> dict[str, object]:
        """Return the only document of a stream: a mapping or nothing."""
        self._events = (each for each in stream if not isinstance(each, events.StreamStartEvent))
        value: object = None
        if isinstance(next(self._events), events.DocumentStartEvent):
            value = self._value(next(self._events), ())
            next(self._events)
            if not isinstance(after := next(self._events), events.StreamEndEvent):
                self._complain((), "is followed by another", "keep one `---`", after)
        if value is not None and not isinstance(value, dict):
            self.problems.append(Problem((), "holds no mapping", "begin with `tenants:`"))
        return value if isinstance(value, dict) else {}

    def line_of(self, place: Place) -> int:
        """Return the line of a place, or of the nearest one around it."""
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place, 1)

    def _value(self, event: events.Event, place: Place) -> object:
        self._lines.setdefault(place, _line_number(event))
        if len(place) > DEEPEST:
            # Deeper down even the parser's own stack is in danger: nothing more is read.
            raise PolicyTooDeep(f"far too deep on line {_line_number(event)}")
        if isinstance(event, events.AliasEvent) or getattr(event, "anchor", None):
            self._complain(place, "is a reference", "use plans and defaults", event)
        if isinstance(event, events.ScalarEvent):
            return event.value if event.style else _WORDS.get(event.value, event.value)
        if isinstance(event, events.SequenceStartEvent):
            return list(self._entries(place))
        if isinstance(event, events.MappingStartEvent):
            return dict(self._pairs(place))
        return None

    def _entries(self, place: Place) -> Iterator[object]:
        number = 0
        while not isinstance(event := next(self._events), events.SequenceEndEvent):
            yield self._value(event, (*place, number))
            number += 1

    def _pairs(self, place: Place) -> Iterator[tuple[str, object]]:
        seen: set[str] = set()
        while not isinstance(event := next(self._events), events.MappingEndEvent):
            key = event.value if isinstance(event, events.ScalarEvent) else None
            if key is None:
                self._value(event, (*place, "?"))
                self._complain(place, "has a key that is not text", "write `key: value`", event)
            below = (*place, key or "")
            if key in seen:
                what = f"is given twice, here and on line {self._lines[below]}"
                self._complain(below, what, "keep one", event)
            self._lines[below] = _line_number(event)
            value = self._value(next(self._events), below)
            if key is not None and key not in seen:
                seen.add(key)
                yield key, value

    def _complain(self, place: Place, what: str, right: str, event: events.Event) -> None:
        self.problems.append(Problem(place, what, right))
        if place:
            self._lines[place] = _line_number(event)


def _line_number(event: events.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _yaml_problem(error: yaml.YAMLError, name: str) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = f"{name}:{mark.line + 1}" if mark else name
    said = (getattr(error, "context", None), getattr(error, "problem", None))
    what = " ".join(filter(None, said)) or " ".join(str(error).split())
    right = "put texts with special characters into quotes"
    if "cannot start any token" in what:
        right = "indent with spaces, never with tabs, and put special characters into quotes"
    return f"{where}: is not YAML: {what}; {right}"
