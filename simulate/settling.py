"""The end of a starting point: everything settles, and the oracle checks what is stored."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import product

from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.jobs.ingest import IDENTITY_CONFLICT
from simulate.actors import NOW, Actor, after, erase, run, work_of
from simulate.direct_requests import with_direct_requests
from simulate.eraser import pseudonym_of
from simulate.final_checks import differences
from simulate.invariants import Invariants
from simulate.lines import MeteredAs
from simulate.scenario import DecisionPlan
from simulate.start import StartingPoint
from simulate.state_ids import started_by
from simulate.sums import UsageSum, total_sum
from simulate.world import World

_MOST_RUNS = 10

type Publications = list[tuple[str, int]]


class Settling:
    """What follows when every actor has ended: hourly runs without faults, then the final checks.

    It is a `FinalState`, like the end of a history.
    """

    def __init__(
        self,
        world: World,
        start: StartingPoint,
        published: Iterable[tuple[str, int]],
        done: Sequence[Actor],
        lost: int,
    ) -> None:
        self.world = world
        self.lost_records = lost
        self._start, self._done = start, done
        self._published = list(published)
        self._now = NOW
        self.invariants = Invariants(world)
        self.invariants.closing = self._closing  # type: ignore[method-assign]

    def differences(self) -> list[str]:
        """Let everything settle, and return what is wrong."""
        wrong = self._settle()
        erased = [erase(tenant) for tenant in self._start.erased()]
        if not wrong and erased:
            wrong = [*self._back_again(*erased), *self._erase_once_more(*erased)]
        return wrong or self._assessed()

    def _settle(self) -> list[str]:
        """Run until nothing is left to do."""
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
            or not all(self._is_over(one) for one in known.values())
            or not all(
                self._is_unreadable(known.get(one.object_id)) for one in raw["waits"].waiting()
            )
        )

    def _is_over(self, manifest: Manifest) -> bool:
        return manifest.settled or bool(manifest.aside) or self._is_unreadable(manifest)

    def _is_unreadable(self, manifest: Manifest | None) -> bool:
        """Return whether the bytes of an object that was metered, and read anew, are gone.

        That reading cannot be finished: it waits for an operator.
        """
        if manifest is None or not manifest.metered:
            return False
        body = self.world.raw["logs"].objects[manifest.key]
        return sha256(body).hexdigest() != manifest.metered

    def _back_again(self, erasing: Actor) -> Iterator[str]:
        """An erased tenant comes back only with a replay."""
        raw, (tenant,) = self.world.raw, erasing.args
        is_over = erasing in self._done
        if is_over and not any(one.kind == "replay" for one in self._start.actors):
            for hour in raw["evidence"].hours():
                for file in raw["evidence"].files(hour):
                    if any(
                        tenant in (one.metadata or {}).values()
                        for one in raw["evidence"].read(file)
                    ):
                        yield f"{tenant} was erased, and is back in the evidence of {file.part}"

    def _erase_once_more(self, erasing: Actor) -> list[str]:
        """Repeat an erasing that was refused, or that closes have undone meanwhile."""
        do(erasing, self.world, self._now, self._published)
        return self._settle()

    def _assessed(self) -> list[str]:
        for hour, epoch in self._published:
            self.invariants.published[hour].append((0, epoch))
        if self._start.erased():  # live items that name the tenant are dropped, not derived anew
            self.invariants.ended |= self.world.raw["hours"].kept.keys()
            self.invariants.erased = {one: pseudonym_of(one) for one in self._start.erased()}
        return [*self._not_metered(), *differences(self)]

    def _not_metered(self) -> Iterator[str]:
        known = self.world.raw["manifests"].manifests
        for key in self._start.objects:
            manifest = known.get(self.world.log_object(key).object_id)
            if not (manifest and self._is_over(manifest)):
                yield f"{key[-36:]} is not metered"

    def outcomes(self) -> Iterator[dict[str, MeteredAs]]:
        """Return all that may have become of the log objects."""
        keys = list(self._start.objects)
        for chosen in product(*(self._start.outcomes_of(key) for key in keys)):
            yield dict(zip(keys, chosen, strict=True))

    def decided(self, _hour: str, _before: int = 0) -> list[DecisionPlan]:
        """Return the decisions."""
        return [actor.args[0] for actor in self._start.actors if actor.kind == "decide"]

    def profiles(self, _: str) -> dict[str, tuple[str, str]]:
        """No starting point has inference profiles."""
        return {}

    def ended(self) -> int:
        """No evidence expires at a starting point."""
        return 0

    def violations(self, chosen: Mapping[str, MeteredAs]) -> Iterator[str]:
        """Return what is wrong beside totals, given these outcomes of the log objects."""
        listed = {one.key for one in self.world.raw["manifests"].not_metered()}
        given_up = {one.args[0] for one in self._done if one.kind == "set aside"}
        for key, outcome in chosen.items():
            is_unmetered = outcome.body is None
            if is_unmetered != (key in listed) or (is_unmetered and key not in given_up):
                yield f"{key[-36:]} is metered as {outcome}, listed as not metered are {listed}"
        refused = any(
            reject.reason == IDENTITY_CONFLICT
            for rejected in self.world.raw["quarantine"].files()
            for reject in rejected.rejects
        )
        if refused and not any(actor.kind == "overwrite" for actor in self._start.actors):
            yield "an identity conflict, though no other bytes were put there"

    def _closing(self, hour: str, epoch: int) -> dict[str | None, UsageSum]:
        found = self.world.raw["closings"].closings.get((hour, epoch))
        return {name: total_sum(total) for name, total in found.totals.items()} if found else {}


def do(actor: Actor, world: World, now: datetime, published: Publications) -> None:
    """Let an actor work undisturbed, then those it started; note what was published."""
    raw = world.raw
    answer = work_of(actor, world, now)(with_direct_requests(raw))
    if actor.kind.startswith("close"):
        published += [(hour, raw["hours"].kept[hour].published) for hour in answer.published]
    release = max((one.version for one in raw["manifests"].manifests.values()), default=1)
    started = [
        one
        for name in ("live", "refreshes", "queue")
        for one in started_by(name, raw[name], release)
    ]
    for one in (*started, *after(actor, answer)):
        do(one, world, now, published)
