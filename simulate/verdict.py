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
from simulate.numbered import woken_by
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
        self.laws = SimpleNamespace(
            decided=[actor.args[0] for actor in scenario.actors if actor.kind == "decide"],
            ended=set(),
            published=defaultdict(list),
        )

    def differences(self) -> list[str]:
        """Let the dust settle, and say what is not as it must be."""
        for number in range(_MOST_RUNS):
            if number >= 2 and not self._is_due():
                return self._judged()
            do(run(), self.world, NOW + timedelta(hours=number + 1), self._published)
        return [f"not settled after {_MOST_RUNS} runs"]

    def _is_due(self) -> bool:
        raw = self.world.raw
        manifests = raw["manifests"].manifests.values()
        return (
            any(row.is_due() for row in raw["hours"].kept.values())
            or any(not (one.settled or one.aside) for one in manifests)
            or bool(raw["waits"].objects)
        )

    def _judged(self) -> list[str]:
        for hour, epoch in self._published:
            self.laws.published[hour].append((0, epoch))
        standing = dict(self._standing())
        self.laws.contents = {key: body for key, body in standing.items() if body}
        self.laws.others = self.world.raw["logs"].objects
        return differences(self)

    def _standing(self) -> Iterator[tuple[str, bytes]]:
        """Give the bytes that each log object is settled with, under the names they have by now."""
        for manifest in self.world.raw["manifests"].manifests.values():
            for body in self._scenario.contents_of(manifest.key):
                if manifest.settled and hashlib.sha256(body).hexdigest() == manifest.digest:
                    yield manifest.key, self._renamed(body) if manifest.is_erased else body

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
    woken = [one for name in ("live", "wake", "queue") for one in woken_by(name, raw[name], release)]
    for one in (*woken, *after(actor, answer)):
        do(one, world, now, published)
