"""Documents: nested plain values, read strictly; each error has its place and a remedy.

A document is what a JSON or YAML file holds: mappings, lists, text, whole numbers, true, false,
null. Numbers may be written as text, so that no digit and no leading zero is lost; binary fractions
are refused. Reading goes on after an error, so that all are reported together.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

type Path = tuple[str | int, ...]

_NUMBER = re.compile(r"([0-9][0-9_]{0,23})(?:\.([0-9]{1,18}))?")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Problem(NamedTuple):
    """One thing that is wrong in a document: where, what, and what would be right."""

    path: Path
    what: str
    right: str

    def __str__(self) -> str:
        return f"{spelled(self.path)}: {self.what}; {self.right}"


class PolicyError(ValueError):
    """A document that cannot be a policy; `problems` holds all the reasons."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def spelled(path: Path) -> str:
    """Return a path for people: `tenants["a#b"].budgets.day`."""
    text = ""
    for key in path:
        if isinstance(key, str) and _PLAIN_KEY.fullmatch(key):
            text += f".{key}"
        else:
            text += f"[{json.dumps(key, ensure_ascii=False)}]"
    return text.removeprefix(".") or "the document"


def scaled(text: str, places: int) -> int | None:
    """Read a plain decimal as a whole number of 10^-places; None for anything else, or finer.

    `scaled("1_000.5", 2)` is 100050. A minus or an exponent is not plain.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > places:
        return None
    return int(match[1] + fraction.ljust(places, "0"))


def plain(value: object, path: Path, problems: list[Problem]) -> object:
    """Return a document with all numbers as text; note a problem where a value is not allowed."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _storable(value, path, problems)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal) and value.is_finite():
        return format(value, "f")
    if isinstance(value, Mapping):
        return {
            _storable(str(key), path, problems): plain(below, (*path, str(key)), problems)
            for key, below in value.items()
        }
    if isinstance(value, list | tuple):
        return [plain(below, (*path, n), problems) for n, below in enumerate(value)]
    problems.append(Problem(path, f"{value!r} cannot be read exactly", 'write it as text, "12.5"'))
    return None


def _storable(text: str, path: Path, problems: list[Problem]) -> str:
    if any("\ud800" <= char <= "\udfff" for char in text):
        problems.append(Problem(path, f"{text!a} is half a character", "write the whole one"))
        return ascii(text)
    return text


class Section:
    """One mapping of a document, and the problems met while it is read.

    A key that is absent gives the default, null gives None: null removes what a plan sets.
    """

    def __init__(self, entries: Mapping[str, object], path: Path, problems: list[Problem]) -> None:
        self.entries = entries
        self.path = path
        self.problems = problems

    def has(self, key: str) -> bool:
        """Return whether the key is written."""
        return key in self.entries

    def complain(self, key: str | int | None, what: str, right: str) -> None:
        """Note a problem with the value of a key, or with the section when the key is None."""
        path = self.path if key is None else (*self.path, key)
        self.problems.append(Problem(path, what, right))

    def only(self, *keys: str) -> None:
        """Note a problem for every other key."""
        for key in self.entries:
            if key not in keys:
                near = _like(key, keys)
                right = f"did you mean {near!r}?" if near else f"known keys: {', '.join(keys)}"
                self.complain(key, "is not known here", right)

    def text(self, key: str, default: str | None = None) -> str | None:
        """Read a text that is not empty."""
        if key not in self.entries:
            return default
        value = self.entries[key]
        if value is None or (isinstance(value, str) and value):
            return value
        self.complain(key, f"{_shown(value)} is not text", "write some text")
        return default

    def word(self, key: str, words: Sequence[str], default: str) -> str:
        """Read one word of a closed list."""
        value = self.entries.get(key, default)
        if isinstance(value, str) and value in words:
            return value
        self.complain(key, f"{_shown(value)} is not known", f"one of: {', '.join(words)}")
        return default

    def truth(self, key: str, default: bool) -> bool:
        """Read true or false."""
        value = self.entries.get(key, default)
        if isinstance(value, bool):
            return value
        self.complain(key, f"{_shown(value)} is neither", "write true or false")
        return default

    def count(self, key: str, default: int | None = None) -> int | None:
        """Read a whole number, zero or more."""
        return self.number(key, default, 0, "a whole number such as 1000")

    def number(self, key: str, default: int | None, places: int, right: str) -> int | None:
        """Read a plain decimal as a whole number of 10^-places."""
        if key not in self.entries:
            return default
        value = self.entries[key]
        if value is None:
            return None
        read = scaled(value, places) if isinstance(value, str) else None
        if read is None:
            self.complain(key, f"{_shown(value)} cannot be read", f"write {right}")
            return default
        return read

    def texts(self, key: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        """Read a list of texts, none empty, none twice; one text may be alone."""
        if key not in self.entries:
            return tuple(default)
        value = self.entries[key]
        values = [value] if isinstance(value, str) else [] if value is None else value
        if not isinstance(values, list):
            self.complain(key, f"{_shown(value)} is not a list", "write a list: [one, two]")
            return tuple(default)
        for number, each in enumerate(values):
            if not isinstance(each, str) or not each or each in values[:number]:
                what = "is given twice" if each in values[:number] else "is not text"
                problem = f"{_shown(each)} {what}"
                self.problems.append(Problem((*self.path, key, number), problem, "write each once"))
        return tuple(each for each in values if isinstance(each, str) and each)

    def section(self, key: str) -> "Section":
        """Return the mapping under a key; an absent or empty one has no entries."""
        value = self.entries.get(key)
        if not isinstance(value, Mapping):
            if value is not None:
                right = "write `key: value` below it"
                self.complain(key, f"{_shown(value)} is not a mapping", right)
            value = {}
        return Section(value, (*self.path, key), self.problems)

    def sections(self) -> Iterator[tuple[str, "Section"]]:
        """Yield every key with its mapping."""
        for key in self.entries:
            yield key, self.section(key)


def _shown(value: object) -> str:
    kinds = {dict: "a mapping", list: "a list", bool: str(value).lower(), type(None): "nothing"}
    text = kinds.get(type(value)) or repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _like(key: str, keys: Sequence[str]) -> str | None:
    """Return the known key that was probably meant, or None."""
    import difflib  # Only for what is wrong: functions start faster without it.

    return next(iter(difflib.get_close_matches(key, keys, n=1)), None)
