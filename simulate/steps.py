"""Jobs step by step, without threads: what a job does next follows from the answers it was given.

A job is run anew with the answers recorded so far; where it asks for more, that call is its next
step. So a worker is nothing but a list of answers, and two workers with the same list are the
same worker: that is what makes it possible to walk through every interleaving.

Of a part of a job that is over, only what it came to is remembered, in the place of all that it
was told: whoever closed an hour goes on from the closing, whatever he had to read for it.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple

_LISTED = frozenset({"logs.delivered", "evidence.hours", "evidence.read"})
PART = "part"
"""Among the ports: does a part of a job, whose outcome alone matters to what comes after it."""

_OF_NOTHING: Mapping[str, Any] = {
    "live.undone": frozenset(),
    "waits.met": None,
    "waits.wait": None,
    "queue.announce": None,
    "hours.rows": {},
}
"""What calls answer that name nothing at all; they come to no request."""


class Call(NamedTuple):
    """One call of a port."""

    store: str
    method: str
    args: tuple[Any, ...]

    @property
    def place(self) -> str:
        """Return the method."""
        return f"{self.store}.{self.method}"

    def is_listed(self) -> bool:
        """Return whether the answer comes one by one."""
        return self.place in _LISTED


class Told(NamedTuple):
    """What a part of a job came to."""

    outcome: Any


class Step(NamedTuple):
    """What a worker does next; `call` None when it is over, with what it answered or raised.

    `answers` are those it was given, parts that are over folded up.
    """

    call: Call | None
    answers: tuple[Any, ...]
    result: Any = None
    error: Exception | None = None


type Ports = Mapping[str, Any]
type Work = Callable[[Ports], Any]


class _Asked(BaseException):
    """The job has asked for something nobody has answered yet."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.call = call


class _Script:
    """The answers of a job, one after the other."""

    def __init__(self, answers: tuple[Any, ...]) -> None:
        self.answers = list(answers)
        self._at = 0
        self._asked: _Asked | None = None

    def answer(self, call: Call) -> Any:
        """Return the next answer, or stop where there is none.

        Whatever a job would do on its way out, it has not come that far.
        """
        if self._asked or self._at == len(self.answers):
            self._asked = self._asked or _Asked(call)
            raise self._asked
        self._at += 1
        told = self.answers[self._at - 1]
        return told.copy() if isinstance(told, dict | list | set) else told

    def part(self, work: Callable[[], Any]) -> Any:
        """Do a part of the job, or say what it came to when it was done."""
        begun = self._at
        if begun < len(self.answers) and isinstance(told := self.answers[begun], Told):
            self._at += 1
            return told.outcome
        outcome = work()
        self.answers[begun : self._at] = [Told(outcome)]
        self._at = begun + 1
        return outcome


class _Port:
    """A port whose calls are answered from a script."""

    def __init__(self, name: str, answer: Callable[[Call], Any]) -> None:
        self._name, self._answer = name, answer

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def asked(*args: Any) -> Any:
            call = Call(self._name, method, tuple(_kept(arg) for arg in args))
            if call.place in _OF_NOTHING and not any(call.args):
                return _OF_NOTHING[call.place]
            answer = self._answer(call)
            return iter(answer) if call.is_listed() else answer

        return asked

    @contextmanager
    def open(self, log_object: Any) -> Iterator[BinaryIO]:
        """Read a log object, all at once."""
        yield BytesIO(self._answer(Call(self._name, "open", (log_object,))))

    def put_hours(self, hour: str, epoch: int, totals: Mapping[str | None, Any]) -> None:
        """Write tenant by tenant, as DynamoDB does."""
        for tenant in sorted(totals, key=str):
            self._answer(Call(self._name, "put_hours", (hour, epoch, {tenant: totals[tenant]})))

    def read_all(self, files: Any) -> Iterator[tuple[Any, Any]]:
        """Read evidence file by file."""
        for file in files:
            yield file, iter(self._answer(Call(self._name, "read", (file,))))

    def bodies(self, files: Any) -> Iterator[tuple[Any, BinaryIO]]:
        """Read the bytes of evidence file by file."""
        for file in files:
            yield file, BytesIO(self._answer(Call(self._name, "body", (file,))))


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
    ports = {name: _Port(name, script.answer) for name in names}
    try:
        result = work({**ports, **fixed, PART: script.part})
        return Step(None, tuple(script.answers), result=result)
    except _Asked as asked:
        return Step(asked.call, tuple(script.answers))
    except Exception as error:  # noqa: BLE001
        return Step(None, tuple(script.answers), error=error)
