"""What the meter made of the records: every call of every hour, and what it refused."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from bedrock_meter.compose.valuing import closing_valuation
from bedrock_meter.domain.pricing import charge
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.totals.rollup import ClosedCall
from bedrock_meter.jobs.derive_calls import files_of, merged_calls
from engine.demo.deployment import Deployment

CHARGED = (charge.PRICED, charge.PARTIAL_UNPRICED, charge.COVERED_BY_COMMITMENT)
UNPRICED = (charge.UNPRICED, charge.UNRESOLVED_MODEL)


@dataclass(frozen=True)
class MeteringResult:
    """Calls (each once), records merged away, rejects, and the records of all log objects."""

    calls: tuple[ClosedCall, ...] = ()
    duplicates: int = 0
    rejects: tuple[Reject, ...] = ()
    objects: int = 0
    records: int = 0

    def statuses(self) -> Mapping[str, int]:
        """Count calls by status."""
        return Counter(call.charge.status for call in self.calls)

    def counts(self) -> dict[str, int]:
        """Divide all records: charged, unpriced, failed calls, rejected, duplicates."""
        statuses = self.statuses()
        return {
            "records": self.records,
            "charged": sum(statuses.get(status, 0) for status in CHARGED),
            "unpriced": sum(statuses.get(status, 0) for status in UNPRICED),
            "failed_calls": statuses.get(charge.FAILED_CALL, 0),
            "rejected": len(self.rejects),
            "duplicates": self.duplicates,
        }

    def rules(self) -> Mapping[str, int]:
        """Count calls by the rule that named the tenant."""
        return Counter(call.attribution.rule for call in self.calls)

    def conflicts(self) -> int:
        """Count calls whose sources named different tenants."""
        return sum(call.attribution.conflict for call in self.calls)

    def without_rate(self) -> Mapping[tuple[str, str], int]:
        """Count calls without a price, by reason and model."""
        return Counter(
            (call.charge.reason or "", call.evidence.model_id)
            for call in self.calls
            if call.charge.status in (*UNPRICED, charge.PARTIAL_UNPRICED)
        )

    def refused(self) -> Mapping[str, int]:
        """Count rejects by reason."""
        return Counter(reject.reason for reject in self.rejects)


def metering_result(deployment: Deployment) -> MeteringResult:
    """Read evidence and quarantine, and value every call by the decisions in force."""
    evidence, quarantine = deployment.stores.evidence, deployment.stores.quarantine
    value = closing_valuation(deployment.stores, datetime.now(UTC))
    calls, duplicates = [], 0
    for hour in evidence.hours():
        merged = merged_calls(hour, files_of(hour, evidence), evidence)
        duplicates += merged.duplicates
        valuation = value(hour)
        calls += [
            ClosedCall(seen.object_id, seen.evidence, *valuation.of(seen.evidence))
            for seen in merged.calls
        ]
    rows = [item for item in deployment.items("Partials") if item["pk"].startswith("L#")]
    records = sum(int(row["records"] + row["rejects"]) for row in rows)
    rejects = tuple(one for file in quarantine.files() for one in file.rejects)
    return MeteringResult(tuple(calls), duplicates, rejects, len(rows), records)


def metered_objects(deployment: Deployment) -> int:
    """Count the log objects that are settled."""
    return sum(
        item["settled"] for item in deployment.items("Partials") if item["pk"].startswith("L#")
    )
