"""The actors of a starting point: each is one run of a job, or a change from outside."""

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
    """A fold, started by the stream record of a partial."""
    return Actor("fold", (slot, object_id))


def refresh(deferred: DeferredRefresh) -> Actor:
    """A refresh that was deferred."""
    return Actor("refresh", (deferred,))


def close(*hours: str) -> Actor:
    """A worker that closes due hours of one day and publishes them: one hour, or two."""
    return Actor("close" if len(hours) == 1 else "close two", hours)


def decide(decided: DecisionPlan) -> Actor:
    """An operator decides on a policy or a book."""
    return Actor("decide", (decided,))


def read(tenant: str) -> Actor:
    """A reader asks what a tenant spent."""
    return Actor("read", (tenant,))


def erase(tenant: str) -> Actor:
    """An operator replaces a tenant's id by a pseudonym."""
    return Actor("erase", (tenant,))


def give_up(key: str) -> Actor:
    """An operator sets a log object aside."""
    return Actor("set aside", (key,))


def ask(hour: str) -> Actor:
    """An operator asks for a new close of an hour."""
    return Actor("ask", (hour,))


def overwrite(key: str, body: bytes) -> Actor:
    """A log object is overwritten with other bytes."""
    return Actor("overwrite", (key, body))


def expire(key: str) -> Actor:
    """The quick copy of a manifest expires."""
    return Actor("expire", (key,))


def plan(later: timedelta = timedelta()) -> Actor:
    """A plan whose hours are not closed."""
    return Actor("plan", (later,))


def run(later: timedelta = timedelta()) -> Actor:
    """A plan, and then the workers that close what it names."""
    return Actor("run", (later,))


class _Context(NamedTuple):
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
        return begin(_Context(Workers(stand_in), ports, actor.args, now, world.log_object))

    return work


def after(actor: Actor, answer: Any) -> tuple[Actor, ...]:
    """Return the actors that an answer starts: a plan's workers, one for each day."""
    return tuple(close(*hours) for _, hours in answer.days) if actor.kind == "run" else ()


def _ingest(context: _Context, *, is_live: bool) -> Any:
    key, version = context.args
    return context.workers.ingest(key, is_live, version, context.now)()


def _refresh(context: _Context) -> Any:
    return context.workers.refresh(*context.args, context.now + timedelta(minutes=1))()


def _plan(context: _Context) -> Any:
    return context.workers.plan(context.now + context.args[0])()


def _close(context: _Context) -> Any:
    ports = context.ports
    part = ports.get(PART, _at_once)
    close_hour = context.workers.close_hour(context.now)

    def each(work: Callable[[str | None], Any], tenants: Iterable[str | None]) -> Iterator[Any]:
        return (part(partial(work, tenant)) for tenant in tenants)

    return close_day(
        day_of(context.args[0]),
        context.args,
        hour_of(context.now - GRACE),
        remaining=lambda: _LEFT,
        close=lambda hour: part(partial(close_hour, hour)),
        stores=DayStores(_Weightless(), ports["closings"], ports["hours"], ports["usage"]),
        each=each,
    )


def _at_once(work: Callable[[], Any]) -> Any:
    return work()


class _Weightless:
    """Evidence without size: a worker takes the hours of its day in the order they are named.

    In production the size of their evidence decides the order.
    """

    def files(self, _: str) -> list[Any]:
        return []


def _erase(context: _Context) -> Any:
    return erase_tenant(context.args[0], context.ports, context.now)


def _set_aside(context: _Context) -> Any:
    context.workers.set_aside(context.args[0], context.now)()


def _expire(context: _Context) -> Any:
    context.ports["live"].forget(context.log_object(context.args[0]).object_id)


_BEGIN: Mapping[str, Callable[[_Context], Any]] = {
    "ingest": partial(_ingest, is_live=True),
    "replay": partial(_ingest, is_live=False),
    "fold": lambda context: context.workers.fold([context.args], context.now)(),
    "refresh": _refresh,
    "plan": _plan,
    "run": _plan,
    "close": _close,
    "close two": _close,
    "decide": lambda context: context.workers.decide(*context.args)(),
    "read": lambda context: spend_of(context.args[0], context.now, context.ports),
    "erase": _erase,
    "set aside": _set_aside,
    "ask": lambda context: context.ports["hours"].ask(*context.args),
    "overwrite": lambda context: context.ports["logs"].overwrite(*context.args),
    "expire": _expire,
}
BEGINS_AGAIN = frozenset({"ingest", "replay", "fold", "refresh", "decide"})
"""These are started once more after they die; a close that died is left to the next run."""

BY_OPERATORS = frozenset({"erase", "set aside"})
"""An operator waits for these, and sees whether they succeeded."""

GIVES_UP = (CannotErase, CannotSetAside)
"""Refusals that an operator answers by trying again later."""

_OF_ONE_OBJECT = frozenset({"ingest", "replay", "set aside", "overwrite", "expire"})


def object_of(actor: Actor) -> str | None:
    """Return the log object that an actor works on, if it is a single one."""
    return str(actor.args[0]) if actor.kind in _OF_ONE_OBJECT else None


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) < 40 else "…" + text[-10:]
