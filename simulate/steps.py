"""Jobs step by step, without threads: what a job does next follows from the answers it was given.

A job is run anew with the answers recorded so far; where it asks for more, that call is its next
step. So a worker is nothing but a list of answers, and two workers with the same list are the
same worker: that is what makes it possible to walk through every interleaving.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from simulate.wire import LISTS


class Call(NamedTuple):
    """One call of a port."""

    store: str
    method: str
    args: tuple[Any, ...]

    @property
    def place(self) -> str:
        """Name the method."""
        return f"{self.store}.{self.method}"

    def is_listed(self) -> bool:
        """Tell whether the answer comes one by one."""
        return (self.store, self.method) in LISTS


class Step(NamedTuple):
    """What a worker does next; `call` None when it is over, with what it answered or raised."""

    call: Call | None
    result: Any = None
    error: Exception | None = None


type Ports = Mapping[str, Any]
type Work = Callable[[Ports], Any]


class _Asked(BaseException):
    """The job has asked for something nobody has answered yet."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.call = call


class _Port:
    """A port whose calls are answered from a script."""

    def __init__(self, name: str, answer: Callable[[Call], Any]) -> None:
        self._name, self._answer = name, answer

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def asked(*args: Any) -> Any:
            call = Call(self._name, method, tuple(_kept(arg) for arg in args))
            answer = self._answer(call)
            return iter(answer) if call.is_listed() else answer

        return asked

    def put_hours(self, hour: str, epoch: int, totals: Mapping[str | None, Any]) -> None:
        """Write tenant by tenant, as DynamoDB does."""
        for tenant in sorted(totals, key=str):
            self._answer(Call(self._name, "put_hours", (hour, epoch, {tenant: totals[tenant]})))


def _kept(arg: Any) -> Any:
    """Keep what can be read only once."""
    return arg.read() if hasattr(arg, "read") else arg


def next_step(work: Work, answers: tuple[Any, ...], names: tuple[str, ...], fixed: Ports) -> Step:
    """Run a job on the answers it has had, up to its next call or its end.

    `names` are the ports that are asked step by step, `fixed` those that never change.
    """
    script = iter(answers)

    def answer(call: Call) -> Any:
        try:
            return next(script)
        except StopIteration:
            raise _Asked(call) from None

    ports = {name: _Port(name, answer) for name in names}
    try:
        return Step(None, result=work({**ports, **fixed}))
    except _Asked as asked:
        return Step(asked.call)
    except Exception as error:  # noqa: BLE001
        return Step(None, error=error)
