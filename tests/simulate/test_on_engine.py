"""The same laws on the embedded engine: real adapters, a real wire, errors on it."""

from collections import Counter
from typing import Any

import pytest

from bedrock_meter.aws.dynamodb_usage import DynamoDbUsageTable
from simulate.interference import KINDS
from simulate.mutations import patched
from simulate.on_engine import EngineHistory

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skip(reason="histories now draw what the stores on the engine do not offer yet"),
]
RATE = 0.03
SEEDS = range(1, 4)


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

    with patched((DynamoDbUsageTable, "_put_next", put_anyway)):
        wrong = EngineHistory(3, engine.environment(), 0.0).play()

    assert any("'pulse'" in line and "went from 2 to 2" in line for line in wrong), wrong
