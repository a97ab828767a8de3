"""The meter's own reading of log objects, in process and as a process of its own.

    python -m bench.ours POLICY.json OUT.json FILE…

From file to rows: unpack, cut, decode, attribute, price, sum up by tenant, model and slot. `write`
does what the ingest does beside that, of which the floor has no part: the hash of the object,
evidence, packed partials. The garbage collector is set as in a function.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from os import SEEK_END
from pathlib import Path
from typing import Any

from bedrock_meter import prices
from bedrock_meter.aws.codec import packed_partial
from bedrock_meter.compose import COLLECT_AFTER
from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.records.log_object import log_object_of
from bedrock_meter.domain.time.hours import Slot
from bedrock_meter.domain.totals.partial import PartialRow
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.decode import batches
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.gunzip import inflate
from bedrock_meter.logs.meter import LogMeter
from bedrock_meter.logs.reading import reading_of
from bench.clock import collecting

Sums = dict[str, list[int]]
COLUMNS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
)
PLACES = {kind: place for place, kind in enumerate(COLUMNS, 1)}


class WarmMeter:
    """A warm container: policy and price book are at hand."""

    def __init__(self, document: Mapping[str, object]) -> None:
        policy = Policy.from_document(document)
        self._valuation = Valuation(policy, prices.shipped())
        self._callers = Callers(policy)

    def read(self, path: Path) -> list[tuple[Slot, tuple[PartialRow, ...]]]:
        """Meter one file; return its slots and their rows."""
        meter = LogMeter(Source(path.name), self._valuation, self._callers, None)
        with path.open("rb", buffering=0) as file:
            for found in batches(inflate(file)):
                meter.take(found)
        return list(meter.slots())

    def write(self, path: Path) -> int:
        """Meter one file as the ingest does, but send nothing; return the bytes to be sent."""
        log_object = log_object_of("logs", path.name)
        size = 0
        with (
            path.open("rb", buffering=0) as file,
            reading_of(file, log_object, self._valuation, self._callers) as reading,
        ):
            for evidence in reading.evidence().values():
                size += evidence.seek(0, SEEK_END)
            for partial in reading.partials():
                size += len(packed_partial(partial))
        return size

    def run(self, paths: Iterable[Path], *, writing: bool = False) -> None:
        """Meter files, as the timing does."""
        with collecting(COLLECT_AFTER):
            for path in paths:
                if writing:
                    self.write(path)
                else:
                    self.read(path)

    def sums(self, paths: Iterable[Path]) -> Sums:
        """Meter files; sums by `tenant|model|hour`: calls, five kinds, cost in attodollars."""
        sums: dict[tuple[str | None, str, str], list[int]] = {}
        for path in paths:
            for slot, rows in self.read(path):
                hour = slot[:13]
                for row in rows:
                    held = sums.get(key := (row.tenant, row.model, hour))
                    if held is None:
                        held = sums[key] = [0] * 7
                    held[0] += row.requests
                    for kind, quantity in row.usage.items():
                        held[PLACES[kind]] += quantity
                    held[6] += row.cost
        return {"|".join(map(str, key)): held for key, held in sums.items()}


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
    with collecting(COLLECT_AFTER):
        meter = WarmMeter(json.loads(Path(sys.argv[1]).read_text()))
        Path(sys.argv[2]).write_text(json.dumps(meter.sums(map(Path, sys.argv[3:]))))
