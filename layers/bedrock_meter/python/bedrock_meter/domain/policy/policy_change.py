"""Changes of policy: where a new document differs from the one before."""

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from bedrock_meter.domain.policy.document import Path

_WORDS = {None: "null", True: "true", False: "false"}


class PolicyChange(NamedTuple):
    """One value that appeared (`old` None), vanished (`new` None) or changed.

    A list is one value, and so is a mapping without entries.
    """

    path: Path
    old: str | None
    new: str | None


def changes_between(
    old: Mapping[str, object], new: Mapping[str, object]
) -> tuple[PolicyChange, ...]:
    """Return every change from one document to another, in the order of their places."""
    before, after = dict(_values(old, ())), dict(_values(new, ()))
    changes = (
        PolicyChange(path, before.get(path), after.get(path)) for path in {**before, **after}
    )
    return tuple(sorted(each for each in changes if each.old != each.new))


def _values(value: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping) and (value or not path):
        for key, below in value.items():
            yield from _values(below, (*path, key))
    else:
        yield path, _text(value)


def _text(value: object) -> str:
    """Return a value for people; ambiguous text is put in quotes."""
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, list):
        return "[" + ", ".join(map(_text, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_text(below)}" for key, below in value.items()) + "}"
    text = str(value)
    is_plain = text and text not in _WORDS.values() and not set(text) & set('[]{},:"\n')
    return text if is_plain else json.dumps(text, ensure_ascii=False)
