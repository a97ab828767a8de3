"""The same invariants on the embedded engine: real adapters, a real wire, errors on it."""

from collections import Counter
from typing import Any

import pytest

from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable
from simulate.fault_injection import KINDS
from simulate.on_engine import EngineHistory
from simulate.patching import patched

pytestmark = pytest.mark.engine
RATE = 0.03
SEEDS = (4, 10, 20, 49)
"""Histories of a few seconds: other bytes, a release, a decision, folds in each other's way."""


def test_histories_with_errors_on_the_wire_end_as_the_oracle_says(engine: Any) -> None:
    met: Counter[str] = Counter()
    refused = 0
    for seed in SEEDS:
        history = EngineHistory(seed, engine.environment(), RATE)

        assert history.play() == [], f"seed {seed}"
        met.update(history.met)
        refused += history.refused

    print(f"{len(SEEDS)} histories, errors met: {dict(met)}, {refused} refused")
    assert set(met) == set(KINDS)
    assert refused, "some conditional write took effect and was refused when it was repeated"


def test_an_adapter_that_puts_without_a_version_is_noticed(engine: Any) -> None:
    def put_anyway(self: Any, key: dict[str, str], version: int, item: dict[str, Any]) -> bool:
        self._table.put_item(Item={**item, "version": version, **key})
        return True

    history = EngineHistory(49, engine.environment(), 0.0)
    scenario = history.scenario
    scenario.again = 1.0
    scenario.stalls, scenario.stalls_before = "fold", "usage.put_live_page"
    scenario.stalling, scenario.stall_ms = 0.5, (20_000,)

    with patched((DynamoDbUsageTable, "_put_next", put_anyway)):
        wrong = history.play()

    assert any("'page'" in line and "went from 1 to 1" in line for line in wrong), wrong
