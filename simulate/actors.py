"""Who takes part in a scenario: each actor is one run of a job, or something that happens."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple

from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.time.hours import day_of, hour_of
from bedrock_meter.domain.totals.erasure import CannotErase
from bedrock_meter.domain.totals.live import DeferredRefresh
from bedrock_meter.jobs.close_day import DayStores, close_day
from bedrock_meter.jobs.set_aside import CannotSetAside
from simulate.eraser import erase as erase_tenant
from simulate.scenario import DecisionPlan
from simulate.spend_reader import spend_of
from simulate.steps import PART, Ports, Work
from simulate.workers import GRACE, Workers
from simulate.world import World

NOW = datetime(2026, 11, 21, 11, 25, tzinfo=UTC)
_LEFT = timedelta(minutes=14)


class Actor(NamedTuple):
    """One run of a job: `kind` names it, with its arguments."""

    kind: str
    args: tuple[Any, ...] = ()

    def __str__(self) -> str:
        return " ".join([self.kind, *(_short(arg) for arg in self.args)])


def ingest(key: str, version: int = 1, *, is_live: bool = True) -> Actor:
    """An ingest; where it is not live, a replay."""
    return Actor("ingest" if is_live else "replay", (key, version))


def fold(slot: str, object_id: str) -> Actor:
    """What a stream record of a partial starts."""
    return Actor("fold", (slot, object_id))


def refresh(deferred: DeferredRefresh) -> Actor:
    """What a note starts that was put off."""
    return Actor("refresh", (deferred,))


def close(*hours: str) -> Actor:
    """A worker that closes due hours of one day and publishes them: one hour, or two."""
    return Actor("close" if len(hours) == 1 else "close two", hours)


def decide(decided: DecisionPlan) -> Actor:
    """An operator decides."""
    return Actor("decide", (decided,))


def read(tenant: str) -> Actor:
    """Somebody reads what a tenant spent."""
    return Actor("read", (tenant,))


def erase(tenant: str) -> Actor:
    """An operator puts a pseudonym in the place of a tenant's id."""
    return Actor("erase", (tenant,))


def give_up(key: str) -> Actor:
    """An operator sets a log object aside."""
    return Actor("set aside", (key,))


def ask(hour: str) -> Actor:
    """An operator asks for a new close of an hour."""
    return Actor("ask", (hour,))


def overwrite(key: str, body: bytes) -> Actor:
    """Somebody puts other bytes in the place of a log object."""
    return Actor("overwrite", (key, body))


def expire(key: str) -> Actor:
    """The quick copy of a manifest ends by its time to live."""
    return Actor("expire", (key,))


def plan(later: timedelta = timedelta()) -> Actor:
    """A plan whose hours nobody closes."""
    return Actor("plan", (later,))


def run(later: timedelta = timedelta()) -> Actor:
    """A plan, and then the workers that close what it names."""
    return Actor("run", (later,))


class _Desk(NamedTuple):
    """What an actor works with."""

    workers: Workers
    ports: Ports
    args: tuple[Any, ...]
    now: datetime
    log_object: Callable[[str], LogObject]


def work_of(actor: Actor, world: World, now: datetime) -> Work:
    """Return what an actor does, on whatever ports it is given."""
    begin = _BEGIN[actor.kind]

    def work(ports: Ports) -> Any:
        stand_in: Any = SimpleNamespace(ports=ports, log_object=world.log_object)
        return begin(_Desk(Workers(stand_in), ports, actor.args, now, world.log_object))

    return work


def after(actor: Actor, answer: Any) -> tuple[Actor, ...]:
    """Return who is begun by what an actor answered: a plan's workers, one for each day."""
    return tuple(close(*hours) for _, hours in answer.days) if actor.kind == "run" else ()


def _ingest(desk: _Desk, *, is_live: bool) -> Any:
    key, version = desk.args
    return desk.workers.ingest(key, is_live, version, desk.now)()


def _refresh(desk: _Desk) -> Any:
    return desk.workers.refresh(*desk.args, desk.now + timedelta(minutes=1))()


def _plan(desk: _Desk) -> Any:
    return desk.workers.plan(desk.now + desk.args[0])()


def _close(desk: _Desk) -> Any:
    ports = desk.ports
    part = ports.get(PART, _at_once)
    close_hour = desk.workers.close_hour(desk.now)

    def each(work: Callable[[str | None], Any], tenants: Iterable[str | None]) -> Iterator[Any]:
        return (part(partial(work, tenant)) for tenant in tenants)

    return close_day(
        day_of(desk.args[0]),
        desk.args,
        hour_of(desk.now - GRACE),
        remaining=lambda: _LEFT,
        close=lambda hour: part(partial(close_hour, hour)),
        stores=DayStores(_Weightless(), ports["closings"], ports["hours"], ports["usage"]),
        each=each,
    )


def _at_once(work: Callable[[], Any]) -> Any:
    return work()


class _Weightless:
    """Evidence as a worker weighs it, which decides in which order it takes the hours of its day.

    A scenario names them in the order that it wants.
    """

    def files(self, _: str) -> list[Any]:
        return []


def _erase(desk: _Desk) -> Any:
    return erase_tenant(desk.args[0], desk.ports, desk.now)


def _set_aside(desk: _Desk) -> Any:
    desk.workers.set_aside(desk.args[0], desk.now)()


def _expire(desk: _Desk) -> Any:
    desk.ports["live"].forget(desk.log_object(desk.args[0]).object_id)


_BEGIN: Mapping[str, Callable[[_Desk], Any]] = {
    "ingest": partial(_ingest, is_live=True),
    "replay": partial(_ingest, is_live=False),
    "fold": lambda desk: desk.workers.fold([desk.args], desk.now)(),
    "refresh": _refresh,
    "plan": _plan,
    "run": _plan,
    "close": _close,
    "close two": _close,
    "decide": lambda desk: desk.workers.decide(*desk.args)(),
    "read": lambda desk: spend_of(desk.args[0], desk.now, desk.ports),
    "erase": _erase,
    "set aside": _set_aside,
    "ask": lambda desk: desk.ports["hours"].ask(*desk.args),
    "overwrite": lambda desk: desk.ports["logs"].overwrite(*desk.args),
    "expire": _expire,
}
BEGINS_AGAIN = frozenset({"ingest", "replay", "fold", "refresh", "decide"})
"""After its death it is started once more; a close that died is left to the next run."""

BY_OPERATORS = frozenset({"erase", "set aside"})
"""What somebody waits for, and is told whether it is done."""

GIVES_UP = (CannotErase, CannotSetAside)
"""What an operator is told who comes at a bad moment, and tries again another time."""

_OF_ONE_OBJECT = frozenset({"ingest", "replay", "set aside", "overwrite", "expire"})


def object_of(actor: Actor) -> str | None:
    """Return the log object that an actor has to do with, if it is a single one."""
    return str(actor.args[0]) if actor.kind in _OF_ONE_OBJECT else None


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 40 else "…" + text[-10:]
