"""The meter, without AWS, against the oracle: the same bytes must come to the same totals."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import yaml

from bedrock_meter import prices
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.hours import Hour
from bedrock_meter.domain.log_object import is_log_file, log_object_of
from bedrock_meter.domain.merge import Sighting, merge
from bedrock_meter.domain.money import usd_of
from bedrock_meter.domain.policy import Policy
from bedrock_meter.domain.profile import ProfileFact
from bedrock_meter.domain.rollup import ClosedCall
from bedrock_meter.domain.tally import tally
from bedrock_meter.domain.valuation import Valuation
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.log import read_log
from engine.demo.policy import FILE
from engine.traffic import PROFILES, Traffic, traffic_for
from tests.oracle import judge
from tests.oracle.rates import PriceRows

NOW = datetime(2026, 11, 21, 5, 41, 7, tzinfo=UTC)
ACCOUNT = "111122223333"
ARNS = {
    wish.name: f"arn:aws:bedrock:us-east-1:{ACCOUNT}:application-inference-profile/p{n}abcdefghij"
    for n, wish in enumerate(PROFILES)
}
DOCUMENT = yaml.load(FILE.read_text(), Loader=yaml.BaseLoader) | {
    "defaults": {"forecast": False},
}


def sightings_of(traffic: Traffic) -> Iterator[Sighting]:
    """Read every record of the traffic as the ingest does."""
    for file in traffic.files:
        if not is_log_file(file.key, len(file.body)):
            continue
        log = log_object_of("logs", file.key)
        source = Source(log.object_id, log.stamp, log.account, log.region)
        for found in read_log(io.BytesIO(file.body), source):
            if isinstance(found, Evidence):
                yield Sighting(Hour(found.at[:13]), log.object_id, found)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_closed_totals_of_generated_traffic_are_those_of_the_oracle(seed):
    traffic = traffic_for(
        NOW,
        account=ACCOUNT,
        region="us-east-1",
        bucket="logs",
        profiles=ARNS,
        seed=seed,
        records=900,
    )
    policy = Policy.from_document(DOCUMENT)
    facts = {
        ARNS[wish.name]: ProfileFact(
            ARNS[wish.name],
            (f"arn:aws:bedrock:us-east-1::foundation-model/{wish.copy_from}",),
            "in_region",
            dict(wish.tags),
            NOW,
            found=True,
        )
        for wish in PROFILES
    }
    valuation = Valuation(policy, prices.shipped(), lambda arn, _at: facts.get(arn))
    right = judge(
        {file.key: file.body for file in traffic.files},
        copies={ARNS[wish.name]: wish.copy_from for wish in PROFILES},
        tags={ARNS[wish.name]: wish.tags for wish in PROFILES},
        policy=DOCUMENT,
        rows=PriceRows(),
    )

    seen = list(sightings_of(traffic))
    totals = {}
    for hour in {sighting.hour for sighting in seen}:
        own = [sighting for sighting in seen if sighting.hour == hour]
        around = [sighting for sighting in seen if sighting.hour != hour]
        merged = merge(hour, own, around).calls
        calls = [ClosedCall(s.object_id, s.evidence, *valuation.of(s.evidence)) for s in merged]
        totals |= {(tenant, hour): total for tenant, total in tally(calls).items()}

    assert totals.keys() == right.closed.keys()
    for key, total in totals.items():
        expected = right.closed[key]
        assert (
            usd_of(total.cost),
            total.requests,
            total.errors,
            dict(total.usage),
            dict(total.rules),
            total.conflicts,
            total.unpriced_requests,
        ) == (
            expected.cost_usd,
            expected.requests,
            expected.errors,
            expected.usage,
            expected.rules,
            expected.conflicts,
            expected.unpriced_requests,
        ), key
