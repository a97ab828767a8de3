"""The end of a scenario: the dust settles, and everything stored is judged by the oracle."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from simulate.actors import NOW, Actor, after, close, ingest, work_of
from simulate.numbered import woken_by
from simulate.settled import differences
from simulate.world import World

_MOST_RUNS = 10


class Aftermath:
    """What follows when every actor is over: hourly runs that nothing disturbs, then the verdict.

    To `settled` it looks like the end of a history.
    """

    def __init__(
        self,
        world: World,
        objects: Mapping[str, bytes],
        decided: Iterable[Any],
        published: Iterable[tuple[str, int]],
        lost_records: int,
    ) -> None:
        self.world = world
        self.lost_records = lost_records
        self.laws = SimpleNamespace(
            contents=objects,
            decided=list(decided),
            others={},
            ended=set(),
            published=defaultdict(list),
        )
        for hour, epoch in published:
            self.laws.published[hour].append((0, epoch))

    def differences(self) -> list[str]:
        """Let the dust settle, and say what is not as it must be."""
        for run in range(_MOST_RUNS):
            if run >= 2 and not self._is_due():
                return differences(self)
            self._run(NOW + timedelta(hours=run + 1))
        return [f"not settled after {_MOST_RUNS} runs"]

    def _is_due(self) -> bool:
        raw = self.world.raw
        return any(row.is_due() for row in raw["hours"].rows.values()) or not all(
            row.settled for row in raw["live"].rows.values()
        )

    def _run(self, now: datetime) -> None:
        plan = do(Actor("plan"), self.world, now)
        for hour in (hour for _, hours in plan.days for hour in hours):
            for one in do(close(hour), self.world, now) or ():
                epoch = self.world.raw["hours"].rows[one].published
                self.laws.published[one].append((0, epoch))


def do(actor: Actor, world: World, now: datetime) -> Any:
    """Let an actor work undisturbed, then those it woke; answer what the last step answered."""
    answer = work_of(actor, world, now)(world.raw)
    for name in ("live", "wake", "queue"):
        for woken in woken_by(name, world.raw[name]):
            version = max((row.version for row in world.raw["live"].rows.values()), default=1)
            is_ingest = woken.kind == "ingest"
            do(ingest(woken.args[0], version) if is_ingest else woken, world, now)
    following = after(actor, answer)
    return do(following, world, now) if following else answer
