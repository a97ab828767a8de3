"""Derive the calls of an hour from its evidence: every request once, whose it is, what it cost."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

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
from bedrock_meter.ports import DerivedHour, EvidenceFile, EvidenceStore, HourFiles

type Derive = Callable[[Hour, HourFiles, EvidenceStore, Valuation], DerivedHour]
"""How an hour is derived: `derived_by_rows`, or what says the same in columns."""


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


def derived_by_rows(
    hour: Hour, files: HourFiles, evidence: EvidenceStore, valuation: Valuation
) -> DerivedHour:
    """Derive an hour call by call: what every other way of deriving is held against."""
    merged = merged_calls(hour, files, evidence)
    calls = tuple(valued_calls(merged, valuation))
    return DerivedHour(tally(calls), merged.apart, calls)


def totals_of(hour: Hour, evidence: EvidenceStore, valuation: Valuation) -> Mapping[Tenant, Total]:
    """Derive the totals that a close of the hour would write now."""
    merged = merged_calls(hour, files_of(hour, evidence), evidence)
    return tallied(valued_calls(merged, valuation), valuation.policy)


def tallied(calls: Iterable[ClosedCall], policy: Policy) -> Mapping[Tenant, Total]:
    """Return the totals of an hour; ids that nobody listed are one sum beyond a number of them."""
    return pooled_by(policy, tally(calls))


def pooled_by(policy: Policy, totals: Mapping[Tenant, Total]) -> Mapping[Tenant, Total]:
    """Make one sum of the ids that nobody listed, beyond the number that a policy says."""
    return pooled(totals, policy.tenants, policy.recognition.stating.most_unlisted)


def _occurrences(
    files: Sequence[EvidenceFile], evidence: EvidenceStore, sharing: Sharing
) -> Iterator[Occurrence]:
    for file, found in evidence.read_all(files):
        for one in found:
            yield Occurrence(file.hour, file.object_id, sharing.of(one))
