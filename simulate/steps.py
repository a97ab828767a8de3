"""Jobs step by step, without threads: the next call of a job follows from the answers it was given.

A job is run again with the answers recorded so far; where it asks for more, that call is its next
step. So a worker is nothing but a list of answers, and two workers with the same list are the
same worker: that makes it possible to explore every interleaving.

Of a part of a job that is over, only its result is kept, in the place of all its answers: a close
goes on from the closing of an hour, whatever it had to read for it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple

_LISTED = frozenset({"logs.delivered", "evidence.hours", "evidence.read"})
PART = "part"
"""Among the ports: does a part of a job, of which only the result matters afterwards."""

_OF_NOTHING: Mapping[str, Any] = {
    "live.undone": frozenset(),
    "waits.met": None,
    "waits.wait": None,
    "queue.announce": None,
    "hours.rows": {},
}
"""The answers of calls with empty arguments; adapters make no request for them."""


class PortCall(NamedTuple):
    """One call of a port."""

    store: str
    method: str
    args: tuple[Any, ...]

    @property
    def place(self) -> str:
        """The store and the method."""
        return f"{self.store}.{self.method}"

    def is_listed(self) -> bool:
        """Return whether the answer comes one by one."""
        return self.place in _LISTED


class PartResult(NamedTuple):
    """The result of a part of a job."""

    value: Any


class Step(NamedTuple):
    """What a worker does next; `call` is None when it is over, with what it returned or raised.

    `answers` are those it was given, those of finished parts replaced by their results.
    """

    call: PortCall | None
    answers: tuple[Any, ...]
    result: Any = None
    error: Exception | None = None


type Ports = Mapping[str, Any]
type Work = Callable[[Ports], Any]


class _Asked(BaseException):
    """The job has asked for something that has no answer yet."""

    def __init__(self, call: PortCall) -> None:
        super().__init__(call)
        self.call = call


class _Script:
    """The answers of a job, one after the other."""

    def __init__(self, answers: tuple[Any, ...]) -> None:
        self.answers = list(answers)
        self._at = 0
        self._asked: _Asked | None = None

    def answer(self, call: PortCall) -> Any:
        """Return the next answer, or stop where there is none.

        Calls in the clean-up of the job stop there too: it has not come so far.
        """
        if self._asked or self._at == len(self.answers):
            self._asked = self._asked or _Asked(call)
            raise self._asked
        self._at += 1
        answer = self.answers[self._at - 1]
        return answer.copy() if isinstance(answer, dict | list | set) else answer

    def part(self, work: Callable[[], Any]) -> Any:
        """Do a part of the job, or return its result when it is done."""
        begun = self._at
        if begun < len(self.answers) and isinstance(done := self.answers[begun], PartResult):
            self._at += 1
            return done.value
        value = work()
        self.answers[begun : self._at] = [PartResult(value)]
        self._at = begun + 1
        return value


class _ScriptedPort:
    """A port whose calls are answered from a script."""

    def __init__(self, name: str, answer: Callable[[PortCall], Any]) -> None:
        self._name, self._answer = name, answer

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def asked(*args: Any) -> Any:
            call = PortCall(self._name, method, tuple(_kept(arg) for arg in args))
            if call.place in _OF_NOTHING and not any(call.args):
                return _OF_NOTHING[call.place]
            answer = self._answer(call)
            return iter(answer) if call.is_listed() else answer

        return asked

    @contextmanager
    def open(self, log_object: Any) -> Iterator[BinaryIO]:
        """Read a log object, all at once."""
        yield BytesIO(self._answer(PortCall(self._name, "open", (log_object,))))

    def put_hours(self, hour: str, epoch: int, totals: Mapping[str | None, Any]) -> None:
        """Write tenant by tenant, as DynamoDB does."""
        for tenant in sorted(totals, key=str):
            self._answer(PortCall(self._name, "put_hours", (hour, epoch, {tenant: totals[tenant]})))

    def read_all(self, files: Any) -> Iterator[tuple[Any, Any]]:
        """Read evidence file by file."""
        for file in files:
            yield file, iter(self._answer(PortCall(self._name, "read", (file,))))

    def bodies(self, files: Any) -> Iterator[tuple[Any, BinaryIO]]:
        """Read the bytes of evidence file by file."""
        for file in files:
            yield file, BytesIO(self._answer(PortCall(self._name, "body", (file,))))


def _kept(arg: Any) -> Any:
    """Keep what can be read only once."""
    if hasattr(arg, "read"):
        return arg.read()
    return tuple(arg) if isinstance(arg, Iterator) else arg


def next_step(work: Work, answers: tuple[Any, ...], names: tuple[str, ...], fixed: Ports) -> Step:
    """Run a job on the answers it has had, up to its next call or its end.

    `names` are the ports that are asked step by step, `fixed` those that never change.
    """
    script = _Script(answers)
    ports = {name: _ScriptedPort(name, script.answer) for name in names}
    try:
        result = work({**ports, **fixed, PART: script.part})
        return Step(None, tuple(script.answers), result=result)
    except _Asked as asked:
        return Step(asked.call, tuple(script.answers))
    except Exception as error:  # noqa: BLE001
        return Step(None, tuple(script.answers), error=error)
