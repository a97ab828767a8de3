"""Derive the calls of an hour from its evidence: every request once, whose it is, what it cost."""

from collections.abc import Iterator, Mapping

from bedrock_meter.domain.hours import Hour, neighbours
from bedrock_meter.domain.merge import Merged, Sighting, merge
from bedrock_meter.domain.rollup import ClosedCall
from bedrock_meter.domain.sharing import Sharing
from bedrock_meter.domain.tally import tally
from bedrock_meter.domain.total import Total
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.ports import EvidenceStore


def merged_calls(hour: Hour, object_ids: list[str], evidence: EvidenceStore) -> Merged:
    """Read the evidence of an hour and of the hours around it, and make every request one call."""
    around = {near: evidence.object_ids(near) for near in neighbours(hour)}
    sharing = Sharing()
    own = _sightings({hour: object_ids}, evidence, sharing)
    return merge(hour, own, _sightings(around, evidence, sharing))


def valued_calls(merged: Merged, valuation: Valuation) -> Iterator[ClosedCall]:
    """Give each call its tenant and its charge."""
    for call in merged.calls:
        attribution, charge = valuation.of(call.evidence)
        yield ClosedCall(call.object_id, call.evidence, attribution, charge)


def totals_of(
    hour: Hour, evidence: EvidenceStore, valuation: Valuation
) -> Mapping[str | None, Total]:
    """Derive the totals that a close of the hour would write now."""
    merged = merged_calls(hour, evidence.object_ids(hour), evidence)
    return tally(valued_calls(merged, valuation))


def _sightings(
    files: Mapping[Hour, list[str]], evidence: EvidenceStore, sharing: Sharing
) -> Iterator[Sighting]:
    for hour, object_ids in files.items():
        for object_id in object_ids:
            for evidence in evidence.read(hour, object_id):
                yield Sighting(hour, object_id, sharing.of(evidence))
