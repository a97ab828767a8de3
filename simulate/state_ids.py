"""State ids: equal contents of a store have the same number, in whatever order they were made.

The state of a world is then a few numbers, and the effect of a call on a store has to be worked out
once for each content that the store ever has.
"""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from io import BytesIO
from typing import Any, NamedTuple

from simulate.actors import Actor, fold, ingest, refresh
from simulate.direct_requests import DIRECT_REQUESTS
from simulate.steps import PortCall

STORES = (
    "live", "manifests", "waits", "evidence", "quarantine", "hours", "usage", "closings", "rollups",
    "refreshes", "queue", "decisions", "logs", "names",
)  # fmt: skip
"""The stores that actors may change."""

_UNSEEN = frozenset({"retired"})
"""What no job reads: closings marked to expire are the same closings."""

type Contents = Mapping[str, Any]


class Effect(NamedTuple):
    """What a call did: the store's new number, the answer, and the actors that it started.

    `published` is the hour and epoch that it published, if it did.
    """

    number: int
    answer: Any
    started: tuple[Actor, ...]
    published: tuple[tuple[str, int], ...]


class Texts:
    """Writes values as texts that are equal where the values are.

    Objects without a repr of their own (rate cards) are kept alive: their address identifies them.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, str]] = {}

    def of(self, value: Any) -> str:
        """Return the text of a value; that of an immutable one is made once."""
        if isinstance(value, dict | list | set | frozenset):
            return self._written(value)
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = (value, self._written(value))
        return known[1]

    def _written(self, value: Any) -> str:
        if isinstance(value, Mapping):
            return "{" + ",".join(sorted(f"{self.of(k)}:{self.of(v)}" for k, v in value.items()))
        if isinstance(value, set | frozenset):
            return "<" + ",".join(sorted(self.of(one) for one in value))
        if isinstance(value, list | tuple):
            return f"{type(value).__name__}(" + ",".join(self.of(one) for one in value) + ")"
        if is_dataclass(value):
            parts = (f"{one.name}={self.of(getattr(value, one.name))}" for one in fields(value))
            return f"{type(value).__name__}(" + ",".join(parts) + ")"
        return repr(value)


class StateIds:
    """Numbers the contents of a world's stores, and sets a store to any content it ever had."""

    def __init__(self, raw: Mapping[str, Any], texts: Texts, release: int) -> None:
        self._raw = raw
        self._texts = texts
        self._release = release
        self._numbers: dict[str, int] = {}
        self._contents: list[Contents] = []

    def now(self) -> tuple[int, ...]:
        """Return the numbers of what the stores hold."""
        return tuple(self._number_of(name) for name in STORES)

    def show(self, numbers: Iterable[int], names: Iterable[str] = STORES) -> None:
        """Set stores to these contents; they may change without harm to what is kept."""
        for name, number in zip(STORES, numbers, strict=True):
            if name in names:
                self._set(name, number)

    def content(self, number: int) -> Contents:
        """Return a content as it is kept; callers must not change it."""
        return self._contents[number]

    def effect(self, number: int, call: PortCall) -> Effect:
        """Make a call of a store that has this content."""
        self._set(call.store, number)
        store = self._raw[call.store]
        if happens := DIRECT_REQUESTS.get(call.place):
            answer = happens(store, *call.args)
        else:
            answer = getattr(store, call.method)(*(_readable(arg) for arg in call.args))
        answer = list(answer) if call.is_listed() else answer
        started = tuple(started_by(call.store, store, self._release))
        published: tuple[tuple[str, int], ...] = ()
        if (call.store, call.method) == ("hours", "finish") and answer:
            published = ((call.args[0].hour, call.args[0].epoch),)
        return Effect(self._number_of(call.store), answer, started, published)

    def _set(self, name: str, number: int) -> None:
        for attribute, value in self._contents[number].items():
            setattr(self._raw[name], attribute, _copy(value))

    def _number_of(self, name: str) -> int:
        held = vars(self._raw[name]).items()
        contents = {key: _copy(value) for key, value in held if key not in _UNSEEN}
        text = name + self._texts.of(contents)
        if text not in self._numbers:
            self._numbers[text] = len(self._contents)
            self._contents.append(contents)
        return self._numbers[text]


def started_by(name: str, store: Any, release: int) -> Iterable[Actor]:
    """Take the messages out of a store; return the actors they start. `release` is what meters."""
    if name == "live":
        started = [fold(*key) for key in store.moved]
        store.moved.clear()
    elif name == "refreshes":
        started = [refresh(note) for note in store.notes]
        store.notes.clear()
    elif name == "queue":
        started = [ingest(item.key, release) for item in store.announced]
        store.announced.clear()
    else:
        started = []
    return started


def _copy(value: Any) -> Any:
    return value.copy() if isinstance(value, dict | list | set) else value


def _readable(arg: Any) -> Any:
    return BytesIO(arg) if isinstance(arg, bytes) else arg
