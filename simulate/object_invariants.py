"""Invariants of log objects: manifests, evidence, partials, and how far data is complete."""

from collections.abc import Callable
from typing import Any

from bedrock_meter.domain.time.hours import Hour, hour_after, part_at
from bedrock_meter.logs.spool import empty_evidence
from simulate.observations import Observations
from simulate.sums import use_sum

type Invariant = Callable[[tuple[Any, ...], Any], str]


class ObjectInvariants:
    """Invariants by the call that may violate them."""

    def __init__(self, observed: Observations) -> None:
        self._observed = observed
        self._raw = observed.raw
        self._evidence: dict[tuple[str, str, int], bytes] = {}
        self._settled: dict[str, str] = {}
        self.invariants: dict[tuple[str, str], Invariant] = {
            ("manifests", "put"): self._manifest,
            ("live", "put_partial"): self._partial,
            ("live", "put_slot_totals"): self._slot_totals,
            ("evidence", "put"): self._put,
            ("evidence", "put_empty"): self._put,
        }

    def outstanding(self, before: str, reached: str) -> str:
        """`data up to` passes no hour that a waiting log object, visible to the plan, may touch.

        Objects delivered before the hours just passed came when those were already behind.
        """
        observed = self._observed
        task = observed.world.scheduler.current
        since = task.since if task else 0
        for key, arrived in observed.facts.arrived.items():
            item = observed.world.log_object(key)
            is_done = item.object_id in observed.metered | observed.given_up
            is_waiting = not is_done and arrived < since
            if is_waiting and self._is_swept(key) and before <= item.delivered <= reached:
                return f"data up to {reached}, though {key[-36:]} waits to be metered"
        return ""

    def _is_swept(self, key: str) -> bool:
        """Return whether a sweep must find a log object."""
        observed = self._observed
        delivered = observed.world.log_object(key).delivered
        has_begun = bool(observed.begun) and delivered >= hour_after(Hour(observed.begun), -1)
        return has_begun and key not in observed.facts.out_of_reach | observed.facts.gone

    def _manifest(self, args: tuple[Any, ...], tag: str | None) -> str:
        """The stored manifest was put by this call: a higher revision, no lower generation."""
        manifest, observed = args[0], self._observed
        if tag is None:
            return ""
        name = manifest.object_id
        if not manifest.digest:  # an operator gives it up: any bytes may come next
            self._settled.pop(name, None)
        if self._settled.get(name, manifest.digest) != manifest.digest:
            return f"other bytes take the place of {name}, which is metered"
        if manifest.settled:
            self._settled[name] = manifest.digest
            observed.metered.add(name)
        if manifest.aside:
            observed.given_up.add(name)
        return observed.grows(("manifest", name), manifest.revision) or observed.grows(
            ("generation", name), manifest.generation
        )

    def _put(self, args: tuple[Any, ...], done: bool) -> str:
        """Evidence of one generation has the same bytes, even in writes that are refused."""
        part, object_id, generation, *rest = args
        body = _bytes_of(rest[0]) if rest else empty_evidence()
        if self._evidence.setdefault((part, object_id, generation), body) != body:
            return f"two kinds of evidence of {object_id} in {part} are generation {generation}"
        stored, kept = self._raw["evidence"].kept[part, object_id]
        if done and (stored, kept) != (generation, body):
            return f"evidence of {object_id} in {part} was not put as given"
        return self._observed.grows(("evidence", part, object_id), stored)

    def _partial(self, args: tuple[Any, ...], _: Any) -> str:
        partial = args[0]
        part = part_at(Hour(partial.slot[:13]), int(partial.slot[14:]))
        kept = self._raw["evidence"].kept.get((part, partial.object_id), (0, b""))
        if kept[0] < partial.version:
            return f"the live lane shows {partial.slot} of {partial.object_id} before its evidence"
        stored = self._raw["live"].partials[partial.slot, partial.object_id].version
        return self._observed.grows(("partial", (partial.slot, partial.object_id)), stored)

    def _slot_totals(self, args: tuple[Any, ...], done: bool) -> str:
        if not done:
            return ""
        totals = args[0]
        uses = {tenant: use_sum(use) for tenant, use in totals.tenants.items()}
        self._observed.shows(totals.slot, uses)
        return self._observed.grows(("totals", totals.slot), totals.version, 1)


def _bytes_of(body: Any) -> bytes:
    body.seek(0)
    read: bytes = body.read()
    return read
