"""One call, several records: duplicates of a request id are merged, never picked by arrival.

Bedrock may log a request twice (a first record with all counts zero has been reported), and two log
objects may carry the same record. The usage of the larger record counts, other evidence comes
from whichever record has it, and ties fall to the lowest (hour, object, line): so the result is
the same in whatever order the objects came.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.hours import Hour, end_of_hour, start_of, text_of

EDGE = timedelta(minutes=15)
"""Records of one request this far apart, over an hour's edge, are still one call."""


class Sighting(NamedTuple):
    """One record where it was found: the hour and the log object of its charges file."""

    hour: Hour
    object_id: str
    evidence: Evidence

    def place(self) -> tuple[str, str, int]:
        """Order sightings the same way for everybody."""
        return (self.hour, self.object_id, self.evidence.line)


class Merged(NamedTuple):
    """The calls of an hour, one sighting each.

    `duplicates` counts records merged away, `apart` records of neighbouring hours with a request id
    of this hour that are too far off to be merged: they are charged twice, and somebody must know.
    """

    calls: tuple[Sighting, ...]
    duplicates: int
    apart: int = 0


def edge_of(hour: Hour) -> tuple[str, str]:
    """Give the times, as text, before which and from which a record is near the hour's edges."""
    return text_of(start_of(hour) + EDGE), text_of(end_of_hour(hour) - EDGE)


def is_near(evidence: Evidence, its_hour: Hour, hour: Hour) -> bool:
    """Tell whether a record of a neighbouring hour is near enough to be the same call."""
    first, last = edge_of(its_hour)
    return evidence.at >= last if its_hour < hour else evidence.at < first


def merge(hour: Hour, own: Iterable[Sighting], around: Iterable[Sighting] = ()) -> Merged:
    """Give every call of the hour once; records of the hours around it only vie for the place.

    A record without a request id is a call of its own.
    """
    found = _Requests()
    for sighting in own:
        found.add(sighting)
    apart = 0
    for sighting in around:
        if is_near(sighting.evidence, sighting.hour, hour):
            found.add(sighting)
        else:
            apart += sighting.evidence.request_id in found.first
    mine = sorted((call for call in found.calls() if call.hour == hour), key=Sighting.place)
    return Merged(tuple(mine), _merged_away(hour, found.clashes.values()), apart)


class _Requests:
    """Sightings by request id: the first of each, and all of those that have several."""

    def __init__(self) -> None:
        self.first: dict[str, Sighting] = {}
        self.clashes: dict[str, list[Sighting]] = {}
        self._nameless: list[Sighting] = []

    def add(self, sighting: Sighting) -> None:
        request_id = sighting.evidence.request_id
        if not request_id:
            self._nameless.append(sighting)
        elif (other := self.first.setdefault(request_id, sighting)) is not sighting:
            self.clashes.setdefault(request_id, [other]).append(sighting)

    def calls(self) -> Iterator[Sighting]:
        yield from self._nameless
        for request_id, sighting in self.first.items():
            yield one_of(self.clashes[request_id]) if request_id in self.clashes else sighting


def one_of(same: Iterable[Sighting]) -> Sighting:
    """Make one sighting of several records of the same request."""
    ranked = sorted(same, key=Sighting.place)
    winner = max(ranked, key=_weight)
    others = [sighting.evidence for sighting in ranked if sighting is not winner]
    return winner._replace(evidence=_completed(winner.evidence, others))


def _weight(sighting: Sighting) -> int:
    """Weigh a record by its usage; what a failed call shows is information and weighs nothing."""
    evidence = sighting.evidence
    return 0 if evidence.error_code is not None else sum(evidence.usage.values())


def _completed(kept: Evidence, others: Iterable[Evidence]) -> Evidence:
    """Fill what the kept record lacks from the others, the first that has it."""
    for other in others:
        kept = kept._replace(
            metadata=kept.metadata or other.metadata,
            principal=kept.principal or other.principal,
            body_model=kept.body_model or other.body_model,
            latency_ms=other.latency_ms if kept.latency_ms is None else kept.latency_ms,
            first_byte_ms=other.first_byte_ms if kept.first_byte_ms is None else kept.first_byte_ms,
        )
    return kept


def _merged_away(hour: Hour, clashes: Iterable[list[Sighting]]) -> int:
    """Count records of this hour that are not a call of their own."""
    lost = 0
    for same in clashes:
        here = sum(sighting.hour == hour for sighting in same)
        lost += here - (one_of(same).hour == hour)
    return lost
