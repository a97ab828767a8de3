"""One call, several records: duplicates of a request id are merged, never picked by arrival.

Bedrock may log a request twice (a first record with all counts zero has been reported), and two log
objects may carry the same record. The usage of the larger record counts, other evidence comes
from whichever record has it, and ties fall to the lowest (hour, object, line): so the result is
the same in whatever order the objects came.

An hour reads its own records, and of the hours beside it only the parts that face it
(`edges_around`). It counts the best record of a request that it sees, if that is its own. So the
best of all records is always counted, since its hour sees none that is better; but other hours may
count one too, whose view does not reach that far (`Merged.apart`).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.time.hours import Hour, Part, edges_around, edges_of, part_at


class Occurrence(NamedTuple):
    """One record where it was found: the hour and the log object of its evidence file."""

    hour: Hour
    object_id: str
    evidence: Evidence

    @property
    def part(self) -> Part:
        """The part of the hour that the record falls into."""
        return part_at(self.hour, int(self.evidence.at[14:16]))

    def place(self) -> tuple[str, str, int]:
        """Return what occurrences are ordered by, the same everywhere."""
        return (self.hour, self.object_id, self.evidence.line)


class Merged(NamedTuple):
    """The calls of an hour, one occurrence each; `duplicates` counts records merged away.

    `apart` counts calls of other hours under request ids of this one: they are charged as well, and
    somebody must know.

    What both of two neighbouring hours see is the two parts that face each other. Where the best
    record in those is the neighbour's, the neighbour or an hour behind it counts the request,
    whatever this hour holds elsewhere: this hour has lost to that side. If it counts the request
    all the same, with a record far from that edge, both do. If it does not, it has lost to the
    side that does, and a second loss is a call that was not merged. So `apart` are the losses, less
    one for each request that this hour leaves to another. Over all hours they come to exactly the
    calls too many; only hours without a record in the parts that face each other know nothing of
    one another.
    """

    calls: tuple[Occurrence, ...]
    duplicates: int
    apart: int = 0


def merge(hour: Hour, own: Iterable[Occurrence], around: Iterable[Occurrence] = ()) -> Merged:
    """Return every call of the hour once; records of the edges around it only vie for the place.

    Nothing else that is `around` counts. A record without a request id is a call of its own.
    """
    found = _Requests()
    for occurrence in own:
        found.add(occurrence)
    edges = edges_around(hour)
    for occurrence in around:
        if occurrence.part in edges:
            found.add(occurrence)
    mine = sorted((call for call in found.calls() if call.hour == hour), key=Occurrence.place)
    several = found.clashes.values()
    return Merged(tuple(mine), _merged_away(hour, several), _apart(hour, several))


class _Requests:
    """Occurrences by request id: the first of each, and all of those that have several."""

    def __init__(self) -> None:
        self.first: dict[str, Occurrence] = {}
        self.clashes: dict[str, list[Occurrence]] = {}
        self._nameless: list[Occurrence] = []

    def add(self, occurrence: Occurrence) -> None:
        request_id = occurrence.evidence.request_id
        if not request_id:
            self._nameless.append(occurrence)
        elif (other := self.first.setdefault(request_id, occurrence)) is not occurrence:
            self.clashes.setdefault(request_id, [other]).append(occurrence)

    def calls(self) -> Iterator[Occurrence]:
        yield from self._nameless
        for request_id, occurrence in self.first.items():
            yield one_of(self.clashes[request_id]) if request_id in self.clashes else occurrence


def one_of(same: Iterable[Occurrence]) -> Occurrence:
    """Make one occurrence of several records of the same request."""
    ranked = sorted(same, key=Occurrence.place)
    winner = _best_of(ranked)
    others = [occurrence.evidence for occurrence in ranked if occurrence is not winner]
    return winner._replace(evidence=_completed(winner.evidence, others))


def _best_of(same: Iterable[Occurrence]) -> Occurrence:
    return min(same, key=lambda one: (-_weight(one), one.place()))


def _weight(occurrence: Occurrence) -> int:
    """Weigh a record by its usage; what a failed call shows is information and weighs nothing."""
    evidence = occurrence.evidence
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


def _merged_away(hour: Hour, clashes: Iterable[list[Occurrence]]) -> int:
    """Count records of this hour that are not a call of their own."""
    lost = 0
    for same in clashes:
        here = sum(occurrence.hour == hour for occurrence in same)
        lost += here - (_best_of(same).hour == hour)
    return lost


def _apart(hour: Hour, clashes: Iterable[list[Occurrence]]) -> int:
    """Count calls of other hours under the request ids of this one; see `Merged`."""
    facing = tuple(zip(edges_of(hour), edges_around(hour), strict=True))
    return sum(_beside(hour, same, facing) for same in clashes)


def _beside(hour: Hour, same: Sequence[Occurrence], facing: Iterable[tuple[Part, Part]]) -> int:
    if all(one.hour != hour for one in same):
        return 0
    lost = 0
    for edges in facing:
        both_see = [one for one in same if one.part in edges]
        lost += bool(both_see) and _best_of(both_see).hour != hour
    return lost - (_best_of(same).hour != hour)
