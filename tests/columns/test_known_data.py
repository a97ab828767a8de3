"""Hours of known data are the same in columns: golden samples, generated and simulated traffic."""

import io
from collections import defaultdict
from pathlib import Path

import pytest

from bedrock_meter import prices
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.time.hours import Hour, hour_of, parse_time
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.forms import Forms
from bedrock_meter.logs.log import read_log
from simulate.history import History
from tests.columns.test_same_as_rows import a_store, assert_same_hour
from tests.jobs.test_oracle_agrees import DOCUMENT, occurrences_of, the_traffic

SAMPLES = sorted((Path(__file__).parents[1] / "golden/samples").rglob("*.json"))


def test_golden_samples_are_the_same_in_columns() -> None:
    source = Source("sample", None, "111122223333", "us-east-1")
    logged: list[list[Evidence]] = []
    for path in SAMPLES:
        found = read_log(io.BytesIO(path.read_bytes()), source, forms=Forms())
        logged.append([one for one in found if isinstance(one, Evidence)])
    hours = {hour_of(parse_time(one.at)) for calls in logged for one in calls}
    store, valuation = a_store(logged), Valuation(DEFAULT_POLICY, prices.shipped())

    calls = sum(assert_same_hour(hour, store, valuation) for hour in hours)

    assert calls > 20


@pytest.mark.parametrize("seed", [1, 2])
def test_generated_traffic_with_its_oddities_is_the_same_in_columns(seed: int) -> None:
    logged: dict[str, list[Evidence]] = defaultdict(list)
    for one in occurrences_of(the_traffic(seed)):
        logged[one.object_id].append(one.evidence)
    hours = {hour_of(parse_time(one.at)) for calls in logged.values() for one in calls}
    valuation = Valuation(Policy.from_document(DOCUMENT), prices.shipped())
    store = a_store([logged[name] for name in sorted(logged)])

    calls = sum(assert_same_hour(hour, store, valuation) for hour in hours)

    assert calls > 500


@pytest.mark.parametrize("seed", range(12))
def test_what_a_simulated_history_leaves_is_the_same_in_columns(seed: int) -> None:
    history = History(seed)

    assert not history.play()

    store = history.world.raw["evidence"]
    valuation = Valuation(DEFAULT_POLICY, prices.shipped())
    hours: list[Hour] = list(store.hours())
    calls = sum(assert_same_hour(hour, store, valuation) for hour in hours)
    assert calls
