"""The end of a scenario: the dust settles, and everything stored is judged by the oracle."""

import gzip
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from simulate.actors import NOW, Actor, after, run, work_of
from simulate.content import packed
from simulate.erasing import PSEUDONYM
from simulate.happenings import handled
from simulate.laws import Sum, total_sum
from simulate.numbered import woken_by
from simulate.oracle import Read
from simulate.scenarios import Scenario
from simulate.settled import differences
from simulate.world import World

_MOST_RUNS = 10

type Published = list[tuple[str, int]]


class Aftermath:
    """What follows when every actor is over: hourly runs that nothing disturbs, then the verdict.

    To `settled` it looks like the end of a history.
    """

    def __init__(
        self, world: World, scenario: Scenario, published: Iterable[tuple[str, int]], lost: int
    ) -> None:
        self.world = world
        self.lost_records = lost
        self._scenario = scenario
        self._published = list(published)
        self._now = NOW
        self.laws = SimpleNamespace(
            ended=set(),
            published=defaultdict(list),
            closing=self._closing,
        )

    def differences(self) -> list[str]:
        """Let the dust settle, and say what is not as it must be."""
        wrong = self._settle()
        erased = [actor for actor in self._scenario.actors if actor.kind == "erase"]
        if not wrong and erased:
            wrong = [*self._back_again(*erased), *self._erase_once_more(*erased)]
        return wrong or self._judged()

    def _settle(self) -> list[str]:
        """Let runs go by until nothing is left to do."""
        for number in range(_MOST_RUNS):
            self._now += timedelta(hours=1)
            if number >= 2 and not self._is_due():
                return []
            do(run(), self.world, self._now, self._published)
        return [f"not settled after {_MOST_RUNS} runs"]

    def _is_due(self) -> bool:
        raw = self.world.raw
        known = raw["manifests"].manifests
        return (
            any(row.is_due() for row in raw["hours"].kept.values())
            or not all(one.settled or one.aside for one in known.values())
            or bool(raw["waits"].objects)
        )

    def _back_again(self, erasing: Actor) -> Iterator[str]:
        """What was erased comes back only with a replay."""
        raw, (tenant,) = self.world.raw, erasing.args
        is_over = tenant in raw["names"].done
        if is_over and not any(one.kind == "replay" for one in self._scenario.actors):
            for hour in raw["evidence"].hours():
                for file in raw["evidence"].files(hour):
                    if any(
                        tenant in (one.metadata or {}).values()
                        for one in raw["evidence"].read(file)
                    ):
                        yield f"{tenant} was erased, and is back in the evidence of {file.part}"

    def _erase_once_more(self, erasing: Actor) -> list[str]:
        """An operator repeats what was refused, or what closes have written again meanwhile."""
        do(erasing, self.world, self._now, self._published)
        return self._settle()

    def _judged(self) -> list[str]:
        for hour, epoch in self._published:
            self.laws.published[hour].append((0, epoch))
        if self._scenario.erases:  # live items that name the tenant are dropped, not derived anew
            self.laws.ended |= self.world.raw["hours"].kept.keys()
        return [*self._not_metered(), *differences(self)]

    def outcomes(self) -> Iterator[dict[str, Read]]:
        """Give what became of the log objects."""
        readings = {key: one.version for key, one in self._manifests() if one}
        yield {key: Read(body, readings[key]) for key, body in self._metered()}

    def decided(self) -> list[Any]:
        """Give the decisions."""
        return [actor.args[0] for actor in self._scenario.actors if actor.kind == "decide"]

    def complaints(self, _: Any) -> Iterator[str]:
        """Say nothing more."""
        return iter(())

    def _closing(self, hour: str, epoch: int) -> dict[str | None, Sum]:
        found = self.world.raw["closings"].closings.get((hour, epoch))
        return {name: total_sum(total) for name, total in found.totals.items()} if found else {}

    def _manifests(self) -> Iterator[tuple[str, Any]]:
        known = self.world.raw["manifests"].manifests
        for key in self._scenario.objects:
            yield key, known.get(self.world.log_object(key).object_id)

    def _not_metered(self) -> Iterator[str]:
        for key, manifest in self._manifests():
            if not (manifest and (manifest.settled or manifest.aside)):
                yield f"{key[-36:]} is not metered"

    def _metered(self) -> Iterator[tuple[str, bytes]]:
        """Give the bytes that each log object is metered with, under the names they have by now."""
        for key, manifest in self._manifests():
            for body in self._scenario.contents_of(key) if manifest else ():
                if hashlib.sha256(body).hexdigest() == manifest.digest:
                    yield key, self._renamed(body) if manifest.is_erased else body

    def _renamed(self, body: bytes) -> bytes:
        text = gzip.decompress(body)
        for actor in self._scenario.actors:
            if actor.kind == "erase":
                text = text.replace(f'"{actor.args[0]}"'.encode(), f'"{PSEUDONYM}"'.encode())
        return packed(text.splitlines())


def do(actor: Actor, world: World, now: datetime, published: Published) -> None:
    """Let an actor work undisturbed, then those it woke; note what was published."""
    raw = world.raw
    answer = work_of(actor, world, now)(handled(raw))
    if actor.kind.startswith("close"):
        published += [(hour, raw["hours"].kept[hour].published) for hour in answer.published]
    release = max((one.version for one in raw["manifests"].manifests.values()), default=1)
    woken = [
        one for name in ("live", "wake", "queue") for one in woken_by(name, raw[name], release)
    ]
    for one in (*woken, *after(actor, answer)):
        do(one, world, now, published)
