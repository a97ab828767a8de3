"""Every call of a port passes here: others may run first, it may fail, and the laws look at it.

One call is one effect or one read, as on DynamoDB and S3. What is several calls there is taken
apart: a closed hour is written tenant by tenant, and what is read page by page may be torn.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from random import Random
from types import GeneratorType
from typing import Any, NamedTuple

from simulate.baton import STALLED, Killed, Stage

SEVERAL_PAGES = frozenset(
    {
        "hours_in", "days_in", "boards_of", "partials_of", "pulses_of", "pulses_in", "files",
        "rows", "waiting", "undone",
    }
)  # fmt: skip
LISTS = frozenset(
    {
        ("logs", "delivered"),
        ("evidence", "hours"),
        ("evidence", "read"),
        ("manifests", "not_metered"),
    }
)
UNCHANGING = frozenset({("policies", "policy")})


class Failure(Exception):
    """The service did not answer well. Whether the call took effect, nobody can tell."""


class Dials(NamedTuple):
    """How much goes wrong in a history: probabilities for each call of a port."""

    switch: float
    fails_before: float
    fails_after: float
    dies: float
    torn: float
    stale_index: float


CALM = Dials(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)

type Watch = Callable[[str, str, tuple[Any, ...], Any], None]


class Wire:
    """The way from jobs to stores."""

    def __init__(self, random: Random, stage: Stage, watch: Watch) -> None:
        self.dials = CALM
        self.calls = 0
        self.trace: Callable[[str, str, tuple[Any, ...], Any, str], None] | None = None
        self._random = random
        self._draw = random.random
        self._stage = stage
        self._watch = watch

    def to(self, name: str, store: object) -> Any:
        """Stand in front of a store."""
        return _Port(self, name, store)

    def call(self, store: str, method: str, act: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Make one call, or fail."""
        task = self._stage.current
        if task is None:
            return act(*args)
        if task.is_doomed:
            raise Killed
        dials = self.dials
        args = tuple(list(arg) if isinstance(arg, GeneratorType) else arg for arg in args)
        if (store, method) in UNCHANGING:
            return act(*args)
        task.calls += 1
        if task.calls == task.stalls_at:
            task.pace = STALLED
            self._stage.pause()
        elif self._draw() < task.pauses:
            self._stage.pause()
        fate = self._fate(dials)
        if fate in ("fails", "dies"):
            self._note(store, method, args, None, fate)
            raise Killed if fate == "dies" else Failure(f"{store}.{method}")
        answer = self._act(store, method, act, args)
        self.calls += 1
        self._note(store, method, args, answer, fate)
        self._watch(store, method, args, answer)
        if fate:
            raise Killed if fate == "dies after" else Failure(f"{store}.{method}, done")
        return iter(answer) if (store, method) in LISTS else answer

    def _act(self, store: str, method: str, act: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        answer = act(*args)
        if (store, method) in LISTS:
            return list(answer)
        if method in SEVERAL_PAGES and self._draw() < self.dials.torn and len(answer) > 1:
            return self._torn(answer, act, args)
        if method == "due" and self._draw() < self.dials.stale_index:
            return [hour for hour in answer if self._draw() < 0.5]
        return answer

    def _torn(self, first: Any, act: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Read some items now and the rest after others have run."""
        names = _names(first)
        kept = set(names[: self._random.randrange(1, len(names))])
        self._stage.pause()
        second = act(*args)
        if isinstance(first, Mapping):
            rest = {name: item for name, item in second.items() if name not in kept}
            return {name: first[name] for name in names if name in kept} | rest
        if isinstance(first, set):
            return (first & kept) | (second - kept)
        rest = [item for item in second if _name(item) not in kept and _name(item) > max(kept)]
        return [item for item in first if _name(item) in kept] + rest

    def _fate(self, dials: Dials) -> str:
        drawn = self._draw()
        if drawn >= dials.fails_before + dials.fails_after + 2 * dials.dies:
            return ""
        for fate, share in (
            ("fails", dials.fails_before),
            ("fails after", dials.fails_after),
            ("dies", dials.dies),
        ):
            if drawn < share:
                return fate
            drawn -= share
        return "dies after"

    def _note(self, store: str, method: str, args: tuple[Any, ...], answer: Any, fate: str) -> None:
        if self.trace:
            self.trace(store, method, args, answer, fate)


def _names(items: Any) -> list[Any]:
    """Name items in the order of their pages; sets have another one in every process."""
    if isinstance(items, Mapping | set):
        return sorted(items, key=str)
    return [_name(item) for item in items]


def _name(item: Any) -> Any:
    """Name an item of a list by the key it is sorted by."""
    if isinstance(item, str):
        return item
    if hasattr(item, "part"):
        return item.part, item.object_id
    for key in ("hour", "day", "object_id", "slot"):
        if hasattr(item, key):
            return getattr(item, key)
    raise TypeError(f"no key in {item!r}")


class _Port:
    """A store behind the wire, with the same methods."""

    def __init__(self, wire: Wire, name: str, store: object) -> None:
        for method in _methods(type(store)):
            setattr(self, method, _by_wire(wire, name, method, getattr(store, method)))
        if hasattr(self, "put_hours"):
            self.put_hours = _tenant_by_tenant(wire, self.put_hours)
        if hasattr(self, "read_all"):
            self.read_all = _file_by_file(self.read)


@cache
def _methods(kind: type) -> list[str]:
    return [name for name in dir(kind) if name[0] != "_" and callable(getattr(kind, name))]


def _by_wire(wire: Wire, name: str, method: str, act: Callable[..., Any]) -> Callable[..., Any]:
    call = wire.call

    def wired(*args: Any) -> Any:
        return call(name, method, act, args)

    return wired


def _file_by_file(read: Callable[[Any], Any]) -> Callable[..., Any]:
    """Read many files one after the other: what is written meanwhile may be read, or not."""

    def read_all(files: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        for file in files:
            yield file, read(file)

    return read_all


def _tenant_by_tenant(wire: Wire, put: Callable[..., None]) -> Callable[..., None]:
    """Write the tenants of a closed hour in any order; when one fails, others may be through."""

    def put_hours(hour: str, epoch: int, totals: Mapping[str | None, Any]) -> None:
        names = sorted(totals, key=str)  # sets have another order in every process
        wire._random.shuffle(names)
        failed: Failure | None = None
        for tenant in names:
            try:
                put(hour, epoch, {tenant: totals[tenant]})
            except Failure as failure:
                failed = failure
        if failed:
            raise failed

    return put_hours
