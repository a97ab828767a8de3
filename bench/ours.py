"""The meter's own reading of log objects, in process and as a process of its own.

    python -m bench.ours POLICY.json OUT.json FILE…

From file to partial: unpack, cut, decode, attribute, price, sum up by tenant, model and slot.
With `evidence`, the evidence is written too, as the ingest does; the floor has no part of that.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from bedrock_meter import prices
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.decode import batches
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.gunzip import inflate
from bedrock_meter.logs.meter import LogMeter
from bedrock_meter.logs.spool import EvidenceSpool

Sums = dict[str, list[int]]
COLUMNS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)


class WarmMeter:
    """A warm container: policy and price book are at hand."""

    def __init__(self, document: Mapping[str, object]) -> None:
        policy = Policy.from_document(document)
        self._valuation = Valuation(policy, prices.shipped())
        self._callers = Callers(policy)

    def read(self, path: Path, *, evidence: bool = False) -> list:  # type: ignore[type-arg]
        """Meter one file; give (slot, rows) of its partials."""
        spool = EvidenceSpool() if evidence else None
        meter = LogMeter(Source(path.name), self._valuation, self._callers, spool)
        with path.open("rb", buffering=0) as file:
            for found in batches(inflate(file)):
                meter.take(found)
        partials = list(meter.slots())
        if spool:
            spool.files()
            spool.close()
        return partials

    def run(self, paths: Iterable[Path], *, evidence: bool = False) -> None:
        """Meter files, as the timing does."""
        for path in paths:
            self.read(path, evidence=evidence)

    def sums(self, paths: Iterable[Path]) -> Sums:
        """Meter files; sums by `tenant|model|hour`: calls, five kinds, cost in attodollars."""
        sums: Sums = {}
        for path in paths:
            for slot, rows in self.read(path):
                for row in rows:
                    key = f"{row.tenant}|{row.model}|{slot[:13]}"
                    held = sums.setdefault(key, [0] * 7)
                    numbers = (row.requests, *(row.usage.get(kind, 0) for kind in COLUMNS))
                    for place, number in enumerate((*numbers, row.cost)):
                        held[place] += number
        return sums


def policy_for(truths: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """Write the policy of a data set: who sends no metadata is known by its role."""
    tenants = {key.partition("|")[0] for truth in truths for key in truth["agg"]}
    return {
        "attribution": {"when_sources_disagree": "first_source_wins"},
        "tenants": {
            tenant: {"recognised_by": {"roles": [tenant]}}
            for tenant in sorted(tenants)
            if tenant.endswith("-app")
        },
    }


def truth_of(path: Path) -> dict[str, Any]:
    """Read what a file must come to."""
    truth: dict[str, Any] = json.loads(path.with_name(path.name + ".truth.json").read_text())
    return truth


if __name__ == "__main__":
    meter = WarmMeter(json.loads(Path(sys.argv[1]).read_text()))
    Path(sys.argv[2]).write_text(json.dumps(meter.sums(map(Path, sys.argv[3:]))))
