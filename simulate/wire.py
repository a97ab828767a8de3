"""Every call of a port passes here: it takes time, others may run first, and it may fail.

One call is one effect or one read, as on DynamoDB and S3. What is several calls there is taken
apart: a closed hour is written tenant by tenant, evidence is read file by file, and what is read
page by page may be torn. A call that fails may have taken effect, or may do so later.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from io import BytesIO
from random import Random
from types import GeneratorType
from typing import Any

from bedrock_meter.logs.spool import blocks_in
from simulate.fault_rates import CALM, FaultRates, ServiceFailure, error_of
from simulate.scheduler import Killed, OutOfMemory, Scheduler, Task

SEVERAL_PAGES = frozenset(
    {
        "hours_in", "days_in", "slot_totals_of", "partials_of", "partials_at", "live_pages",
        "files", "rows", "waiting", "undone",
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
"""Methods that return an iterator."""
UNCHANGING = frozenset({("policies", "policy")})
_TELLS = frozenset({"put_partial", "announce", "later"})
"""Methods that leave a message which another worker may take up at once."""
_IN_A_BUCKET = frozenset({"manifests", "evidence", "quarantine", "closings", "rollups"})
_WRITES = (
    "put", "ask", "mark", "finish", "note", "begin", "advance", "seal", "wait", "met", "sweep_to",
    "keep_copy", "retire", "announce", "later", "append", "remember", "leave", "rename", "replace",
    "delete", "drop",
)  # fmt: skip
"""How the names of methods that change what is stored begin."""
_BEFORE = {"fails", "dies", "conflict", "late"}


type Args = tuple[Any, ...]
type Watch = Callable[[str, str, Args, Any], None]
type Trace = Callable[[str, str, Args, Any, str], None]


class Wire:
    """The way from jobs to stores. `later` runs an action after so many milliseconds."""

    def __init__(self, random: Random, scheduler: Scheduler, watch: Watch) -> None:
        self.calls = 0
        self.trace: Trace | None = None
        self.later: Callable[[int, Callable[[], None]], None] = lambda _, act: act()
        self._random = random
        self._draw = random.random
        self._scheduler = scheduler
        self._watch = watch
        self.set(CALM)

    def set(self, fault_rates: FaultRates) -> None:
        """Use these fault rates from now on."""
        self.fault_rates = fault_rates
        self._faults = fault_rates.faults()
        self._worst = self._faults[-1][0]

    def to(self, name: str, store: object) -> Any:
        """Return a store behind this wire."""
        return _WiredPort(self, name, store)

    def bind(self, port: Any, name: str, method: str, act: Callable[..., Any]) -> None:
        """Add a method to a port."""
        setattr(port, method, _by_wire(self, name, method, act))

    def call(self, store: str, method: str, act: Callable[..., Any], args: Args) -> Any:
        """Make one call, or fail."""
        task = self._scheduler.current
        if task is None or (store, method) in UNCHANGING:
            return act(*args)
        if task.is_doomed:
            raise Killed
        args = tuple(list(arg) if isinstance(arg, GeneratorType) else arg for arg in args)
        fault = self._fault(store, method)
        if self._pass_time(task, store, method):
            fault = "out of time" if self._draw() < 0.5 else "out of time after"
        if fault in _BEFORE or fault == "out of time":
            self._note(store, method, args, None, fault)
            if fault == "late":
                self._have_effect_later(task, store, method, act, args)
            raise error_of(fault, store, method)
        answer = self._act(store, method, act, args)
        if method in _TELLS:
            self._scheduler.until = task.at
        self._tell(store, method, args, answer, fault)
        if fault:
            raise error_of(fault, store, method)
        self._hold(task, store, method, args, answer)
        return iter(answer) if (store, method) in LISTS else answer

    def _pass_time(self, task: Task, store: str, method: str) -> bool:
        """Let the time go by that a call takes; return whether the worker's time-out is reached."""
        task.calls += 1
        end = task.at + int(self._draw() * 2 * self.fault_rates.call_ms)
        if task.stalls_before == f"{store}.{method}":
            task.stalls_at, task.stalls_before = task.calls, ""
        if task.calls == task.stalls_at:
            end += task.stall
        task.at = min(end, task.deadline)
        if task.at > self._scheduler.until:
            self._scheduler.pause()
        return end >= task.deadline

    def _have_effect_later(
        self, task: Task, store: str, method: str, act: Callable[..., Any], args: Args
    ) -> None:
        def effect() -> None:
            ghost = self._scheduler.current = Task(f"{task.name}, late", lambda: None)
            ghost.since = task.since
            try:
                self._tell(store, method, args, self._act(store, method, act, args), "")
            finally:
                self._scheduler.current = None

        self.later(self._random.randrange(self.fault_rates.late_ms), effect)

    def _tell(self, store: str, method: str, args: Args, answer: Any, fault: str) -> None:
        self.calls += 1
        self._note(store, method, args, answer, fault)
        self._watch(store, method, args, answer)

    def _hold(self, task: Task, store: str, method: str, args: Args, answer: Any) -> None:
        """Count what a close holds: evidence until the next hour, totals until published."""
        held = task.held
        if (store, method) == ("evidence", "body"):
            held[0] += sum(block.rows for block in blocks_in(BytesIO(answer)))
        elif (store, method) == ("closings", "put"):
            held[1] += len(args[0].totals)
        elif (store, method) == ("hours", "mark"):
            held[0] = 0
        elif (store, method) == ("hours", "finish"):
            held[1] = 0
        if held[0] > task.room[0] or held[1] > task.room[1]:
            raise OutOfMemory

    def _act(self, store: str, method: str, act: Callable[..., Any], args: Args) -> Any:
        answer = act(*args)
        if (store, method) in LISTS:
            return list(answer)
        if method in SEVERAL_PAGES and self._draw() < self.fault_rates.torn and len(answer) > 1:
            return self._torn(answer, act, args)
        if method == "due" and self._draw() < self.fault_rates.stale_index:
            return [hour for hour in answer if self._draw() < 0.5]
        return answer

    def _torn(self, first: Any, act: Callable[..., Any], args: Args) -> Any:
        """Read some items now and the rest after others have run."""
        names = _names(first)
        kept = set(names[: self._random.randrange(1, len(names))])
        task = self._scheduler.current
        assert task is not None
        task.at = min(task.at + self._random.randrange(5_000), task.deadline)
        self._scheduler.pause()
        second = act(*args)
        if isinstance(first, Mapping):
            rest = {name: item for name, item in second.items() if name not in kept}
            return {name: first[name] for name in names if name in kept} | rest
        if isinstance(first, set):
            return (first & kept) | (second - kept)
        rest = [item for item in second if _name(item) not in kept and _name(item) > max(kept)]
        return [item for item in first if _name(item) in kept] + rest

    def _fault(self, store: str, method: str) -> str:
        drawn, fault_rates = self._draw(), self.fault_rates
        if drawn < fault_rates.target_rate and fault_rates.target == f"{store}.{method}":
            return fault_rates.target_fault
        if drawn >= self._worst:
            return ""
        fault = next(fault for limit, fault in self._faults if drawn < limit)
        if fault == "conflict" and not (store in _IN_A_BUCKET and method.startswith("put")):
            return ""
        if fault == "late" and (store == "bedrock" or not method.startswith(_WRITES)):
            return "fails"
        return fault

    def _note(self, store: str, method: str, args: Args, answer: Any, fault: str) -> None:
        if self.trace:
            self.trace(store, method, args, answer, fault)


def _names(items: Any) -> list[Any]:
    """Return the keys of items in the order of their pages; that of sets varies by process."""
    if isinstance(items, Mapping | set):
        return sorted(items, key=str)
    return [_name(item) for item in items]


def _name(item: Any) -> Any:
    """Return the key by which an item of a list is sorted."""
    if isinstance(item, str):
        return item
    if hasattr(item, "part"):
        return item.part, item.object_id
    for key in ("hour", "day", "object_id", "slot"):
        if hasattr(item, key):
            return getattr(item, key)
    raise TypeError(f"no key in {item!r}")


class _WiredPort:
    """A store behind the wire, with the same methods."""

    def __init__(self, wire: Wire, name: str, store: object) -> None:
        for method in _methods(type(store)):
            setattr(self, method, _by_wire(wire, name, method, getattr(store, method)))
        if hasattr(self, "put_hours"):
            self.put_hours = _tenant_by_tenant(wire, self.put_hours)
        if hasattr(self, "read_all"):
            self.read_all = _file_by_file(self.read)
            self.bodies = _file_by_file(lambda file: BytesIO(self.body(file)))


@cache
def _methods(kind: type) -> list[str]:
    return [name for name in dir(kind) if name[0] != "_" and callable(getattr(kind, name))]


def _by_wire(wire: Wire, name: str, method: str, act: Callable[..., Any]) -> Callable[..., Any]:
    call = wire.call

    def wired(*args: Any) -> Any:
        return call(name, method, act, args)

    return wired


def _file_by_file(read: Callable[[Any], Any]) -> Callable[..., Any]:
    """Read files one after the other: what is written meanwhile may be read, or not."""

    def read_all(files: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
        for file in files:
            yield file, read(file)

    return read_all


def _tenant_by_tenant(wire: Wire, put: Callable[..., None]) -> Callable[..., None]:
    """Write the tenants of a closed hour in any order; when one fails, others may be written."""

    def put_hours(hour: str, epoch: int, totals: Mapping[str | None, Any]) -> None:
        names = sorted(totals, key=str)  # the order of sets varies by process
        wire._random.shuffle(names)
        failed: ServiceFailure | None = None
        for tenant in names:
            try:
                put(hour, epoch, {tenant: totals[tenant]})
            except ServiceFailure as failure:
                failed = failure
        if failed:
            raise failed

    return put_hours
