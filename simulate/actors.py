"""Who takes part in a scenario: each actor is one run of one of the jobs."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, NamedTuple

from bedrock_meter.domain.board import PutOff
from bedrock_meter.domain.hour_row import Mark
from bedrock_meter.domain.hours import day_of
from simulate.reader import spend_of
from simulate.scene import Decided
from simulate.steps import Ports, Work
from simulate.workers import Workers
from simulate.world import World

NOW = datetime(2026, 11, 21, 11, 25, tzinfo=UTC)


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
    return Actor("fold", (slot, object_id))


def refresh(put_off: PutOff) -> Actor:
    return Actor("refresh", (put_off,))


def close(hour: str) -> Actor:
    """A run of the state machine over one hour: the first of its steps."""
    return Actor("close", (hour,))


def decide(decided: Decided) -> Actor:
    return Actor("decide", (decided,))


def read(tenant: str) -> Actor:
    return Actor("read", (tenant,))


PLAN = Actor("plan")


def work_of(actor: Actor, world: World, now: datetime) -> Work:
    """Give what an actor does, on whatever ports it is given."""
    begin = _BEGIN[actor.kind]

    def work(ports: Ports) -> Any:
        stand_in: Any = SimpleNamespace(
            raw=ports, ports=ports, log_object=world.log_object, reader_of=world.reader_of
        )
        return begin(Workers(stand_in), ports, actor.args, now)

    return work


def after(actor: Actor, answer: Any) -> Actor | None:
    """Name the next step of a run of the state machine, if there is one."""
    if actor.kind == "close":
        return Actor("day", (answer,)) if answer else None
    following = {"day": "months", "months": "finish"}.get(actor.kind)
    return Actor(following, actor.args) if following else None


def _sum_up(workers: Workers, _: Ports, args: tuple[Mark], now: datetime) -> Any:
    mark = args[0]
    return workers.sum_up(day_of(mark.hour), (mark.hour,), lambda _: mark)()


_BEGIN: Mapping[str, Any] = {
    "ingest": lambda workers, _, args, now: workers.ingest(args[0], True, args[1], now)(),
    "replay": lambda workers, _, args, now: workers.ingest(args[0], False, args[1], now)(),
    "fold": lambda workers, _, args, now: workers.fold([args], now)(),
    "refresh": lambda workers, _, args, now: workers.refresh(*args, now + timedelta(minutes=1))(),
    "plan": lambda workers, _, args, now: workers.plan(now)(),
    "close": lambda workers, _, args, now: workers.close_hour(now)(*args),
    "day": _sum_up,
    "months": lambda workers, _, args, now: workers.close_months([args[0].hour])(),
    "finish": lambda workers, _, args, now: workers.finish(args, None, now)(),
    "decide": lambda workers, _, args, now: workers.decide(*args)(),
    "read": lambda _, ports, args, now: spend_of(args[0], now, ports),
}
BEGINS_AGAIN = frozenset(_BEGIN) - {"close", "plan", "read"}
"""After its death it is started once more; a close that died is left to the next run."""


def is_ingest(actor: Actor) -> bool:
    """Tell whether an actor meters a log object; its key is the first argument."""
    return actor.kind in ("ingest", "replay")


def _short(value: Any) -> str:
    text = str(value)
    if isinstance(value, Mark):
        return f"{value.hour} of epoch …{value.epoch % 1000}"
    return text if len(text) < 40 else "…" + text[-10:]
