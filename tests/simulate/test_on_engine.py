"""The same laws on the embedded engine: real adapters, a real wire, errors on it."""

from collections import Counter
from typing import Any

import pytest

from bedrock_meter.aws import s3_rollups
from simulate.interference import KINDS
from simulate.mutations import patched
from simulate.on_engine import EngineHistory

pytestmark = pytest.mark.engine
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


def test_an_adapter_that_puts_without_a_generation_is_noticed(engine: Any) -> None:
    def put_anyway(s3: Any, bucket: str, key: str, body: Any, epoch: int) -> bool:
        s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"generation": str(epoch)})
        return True

    with patched((s3_rollups, "put_if_newer", put_anyway)):
        wrong = EngineHistory(1, engine.environment(), 0.0).play()

    assert "('rollup', '2026-11-21T09') went from" in wrong[0]
