"""Derive the calls of an hour from its evidence: every request once, whose it is, what it cost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.records.merge import Merged, Occurrence, merge
from bedrock_meter.domain.records.sharing import Sharing
from bedrock_meter.domain.records.tenant import Tenant
from bedrock_meter.domain.time.hours import Hour, edges_around
from bedrock_meter.domain.totals.pool import pooled
from bedrock_meter.domain.totals.rollup import ClosedCall
from bedrock_meter.domain.totals.tally import tally
from bedrock_meter.domain.totals.total import Total
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.domain.totals.workload import Load
from bedrock_meter.ports import EvidenceFile, EvidenceStore


class HourFiles(NamedTuple):
    """The evidence that a close of an hour reads: its own, and the edges of the hours around it."""

    own: Sequence[EvidenceFile]
    edges: Sequence[EvidenceFile]

    def names(self) -> tuple[str, ...]:
        """Return the files, in order, as closings do."""
        return tuple(sorted(f"{file.part}/{file.object_id}" for file in (*self.own, *self.edges)))

    def load(self) -> Load:
        """Weigh the files."""
        sizes = [file.size for file in (*self.own, *self.edges)]
        return Load(len(sizes), sum(sizes))


def files_of(hour: Hour, evidence: EvidenceStore) -> HourFiles:
    """List what a close of an hour reads."""
    before, after = edges_around(hour)
    return HourFiles(evidence.files(hour), [*evidence.files(before), *evidence.files(after)])


def merged_calls(hour: Hour, files: HourFiles, evidence: EvidenceStore) -> Merged:
    """Read the evidence of an hour and of the edges around it, and make every request one call."""
    sharing = Sharing()
    own = _occurrences(files.own, evidence, sharing)
    return merge(hour, own, _occurrences(files.edges, evidence, sharing))


def valued_calls(merged: Merged, valuation: Valuation) -> Iterator[ClosedCall]:
    """Yield each call with its tenant and charge; the profiles named are looked up together."""
    valuation.learn(call.evidence for call in merged.calls)
    for call in merged.calls:
        attribution, charge = valuation.of(call.evidence)
        yield ClosedCall(call.object_id, call.evidence, attribution, charge)


def totals_of(hour: Hour, evidence: EvidenceStore, valuation: Valuation) -> Mapping[Tenant, Total]:
    """Derive the totals that a close of the hour would write now."""
    merged = merged_calls(hour, files_of(hour, evidence), evidence)
    return tallied(valued_calls(merged, valuation), valuation.policy)


def tallied(calls: Iterable[ClosedCall], policy: Policy) -> Mapping[Tenant, Total]:
    """Return the totals of an hour; beyond a number of unlisted ids, the others are one sum."""
    return pooled(tally(calls), policy.tenants, policy.recognition.stating.most_unlisted)


def _occurrences(
    files: Sequence[EvidenceFile], evidence: EvidenceStore, sharing: Sharing
) -> Iterator[Occurrence]:
    for file, found in evidence.read_all(files):
        for one in found:
            yield Occurrence(file.hour, file.object_id, sharing.of(one))
