"""The meter, without AWS, against the oracle: the same bytes must come to the same totals."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import yaml

from bedrock_meter import prices
from bedrock_meter.domain.policy.policy import DEFAULT_POLICY, Policy
from bedrock_meter.domain.policy.profile import ProfileFact
from bedrock_meter.domain.pricing.money import usd_of
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.log_object import is_log_file, log_object_of
from bedrock_meter.domain.records.merge import Occurrence, merge
from bedrock_meter.domain.time.hours import Hour
from bedrock_meter.domain.totals.rollup import ClosedCall
from bedrock_meter.domain.totals.tally import tally
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.logs.evidence import Source
from bedrock_meter.logs.log import read_log
from engine.demo.policy import FILE
from engine.traffic import PROFILES, Traffic, traffic_for
from tests.builders import a_log, a_log_object, a_record
from tests.oracle import expected
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


def the_traffic(seed: int) -> Traffic:
    """Generated traffic of three hours, with everything odd."""
    return traffic_for(
        NOW,
        account=ACCOUNT,
        region="us-east-1",
        bucket="logs",
        profiles=ARNS,
        seed=seed,
        records=900,
    )


def occurrences_of(traffic: Traffic) -> Iterator[Occurrence]:
    """Read every record of the traffic as the ingest does."""
    for file in traffic.files:
        if not is_log_file(file.key, len(file.body)):
            continue
        log = log_object_of("logs", file.key)
        source = Source(log.object_id, log.stamp, log.account, log.region)
        for found in read_log(io.BytesIO(file.body), source):
            if isinstance(found, Evidence):
                yield Occurrence(Hour(found.at[:13]), log.object_id, found)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_closed_totals_of_generated_traffic_are_those_of_the_oracle(seed):
    traffic = the_traffic(seed)
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
    right = expected(
        {file.key: file.body for file in traffic.files},
        copies={ARNS[wish.name]: wish.copy_from for wish in PROFILES},
        tags={ARNS[wish.name]: wish.tags for wish in PROFILES},
        policy=DOCUMENT,
        rows=PriceRows(),
    )

    totals = totals_of(occurrences_of(traffic), valuation)

    assert totals.keys() == right.closed.keys()
    for key, total in totals.items():
        assert_same(total, right.closed[key], key)


def totals_of(occurrences, valuation):
    """Close every hour of some occurrences."""
    seen = list(occurrences)
    totals = {}
    for hour in {occurrence.hour for occurrence in seen}:
        own = [occurrence for occurrence in seen if occurrence.hour == hour]
        around = [occurrence for occurrence in seen if occurrence.hour != hour]
        merged = merge(hour, own, around).calls
        calls = [ClosedCall(s.object_id, s.evidence, *valuation.of(s.evidence)) for s in merged]
        totals |= {(tenant, hour): total for tenant, total in tally(calls).items()}

    return totals


def assert_same(total, expected, key):
    """Hold a total against the oracle's."""
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


# Records as people really have them: operation, model, what the request counts and shows beside
# 2,600 tokens (None: nothing at all), and the response.
SONNET, GPT, GROK = "us.anthropic.claude-sonnet-4-6", "us.openai.gpt-5.6-sol", "us.xai.grok-4.6"
PLACE = f"arn:aws:bedrock:us-east-1:{ACCOUNT}"
ROUTER = f"{PLACE}:default-prompt-router/anthropic.claude:1"
RERANK = "arn:aws:bedrock:us-east-1::foundation-model/amazon.rerank-v1:0"
OSS, NOVA, NOVA_2 = "openai.gpt-oss-120b-1:0", "amazon.nova-lite-v1:0", "us.amazon.nova-2-lite-v1:0"
TITAN, CANVAS = "amazon.titan-embed-image-v1", "amazon.nova-canvas-v1:0"
COHERE, COHERE_4 = "cohere.embed-english-v3", "cohere.embed-v4:0"
STABILITY = "stability.stable-image-core-v1:1"
CONVERSE, RESPONSES, INVOKE = "Converse", "Responses", "InvokeModel"
INPUT, READ, WRITTEN = (
    f"{kind}TokenCount" for kind in ("input", "cacheReadInput", "cacheWriteInput")
)
DETAILS = {"cached_tokens": 2000, "cache_write_tokens": 400}
BY_RESPONSES = {"usage": {"input_tokens": 2600, "input_tokens_details": DETAILS}}
BY_CHAT = {"usage": {"prompt_tokens": 2600, "prompt_tokens_details": DETAILS}}
ROUTED = {"trace": {"promptRouter": {"invokedModelId": f"{PLACE}:inference-profile/{SONNET}"}}}
UNITS = {"g": {"invocationMetrics": {"usage": {"contentPolicyUnits": 2, "topicPolicyUnits": 1}}}}
GUARDED = {"trace": {"guardrail": {"inputAssessment": UNITS}}}
POINTS = {"system": [{"cachePoint": {"type": "default", "ttl": "1h"}}]}
MIXED = {"system": [*POINTS["system"], {"cachePoint": {"type": "default"}}]}
OFFER = {"inputBodyJson": {"toolConfig": {"tools": [{"systemTool": {"name": "nova_grounding"}}]}}}
SEARCH = {"toolUse": {"name": "nova_grounding", "type": "server_tool_use"}}
SEARCHED = {"output": {"message": {"content": [SEARCH, SEARCH]}}}
FUSED = {"inputBodyJson": {"inputs": [{"content": [{"type": "image_url"}]}]}}
SIZE = {"numberOfImages": 2, "width": 512, "height": 512}
PICTURE = {INPUT: 0, "inputBodyJson": {"imageGenerationConfig": SIZE}}
AUTO = [{"response": {"service_tier": "auto"}}, {"response": {}}]
CASES = {
    "responses with writes": (RESPONSES, GPT, {}, BY_RESPONSES),
    "chat with writes": ("ChatCompletions", GPT, {}, BY_CHAT),
    "invoke with writes": (INVOKE, GPT, {}, BY_CHAT),
    "taken out already": (RESPONSES, GPT, {INPUT: 200}, BY_RESPONSES),
    "exclusive": (RESPONSES, GPT, {INPUT: 2, READ: 4993}, None),
    "inclusive, no body": (RESPONSES, GPT, {READ: 400}, None),
    "gross": (CONVERSE, GROK, {READ: 2599}, None),
    "gross, all cached": ("ConverseStream", GROK, {READ: 2600}, None),
    "doubtful": (CONVERSE, GPT, {READ: 1000, WRITTEN: 600}, None),
    "doubtful and long": (CONVERSE, GPT, {INPUT: 150_002, READ: 150_000}, None),
    "long": (CONVERSE, GPT, {INPUT: 272_001}, None),
    "flex": ("ChatCompletions", OSS, {}, {"service_tier": "flex"}),
    "priority": (f"{INVOKE}WithResponseStream", SONNET, {}, [
        {"message": {"usage": {"service_tier": "priority"}}}, {},
    ]),
    "auto": (RESPONSES, GPT, {}, AUTO),
    "one hour": (CONVERSE, SONNET, {WRITTEN: 500, "inputBodyJson": POINTS}, None),
    "five minutes": (CONVERSE, SONNET, {WRITTEN: 500, "inputBodyJson": MIXED}, None),
    "request as a text": (
        CONVERSE, SONNET, {WRITTEN: 500, "inputBodyJson": json.dumps(POINTS)}, None,
    ),
    "response as a text": (CONVERSE, SONNET, {}, json.dumps(GUARDED)),
    "router": (CONVERSE, ROUTER, {}, ROUTED),
    "router, no trace": (CONVERSE, ROUTER, {}, {"stopReason": "end_turn"}),
    "guardrail only": (CONVERSE, NOVA, None, GUARDED),
    "guardrail and counts": (CONVERSE, NOVA, {}, GUARDED | {"stopReason": "guardrail_intervened"}),
    "searches": (CONVERSE, NOVA_2, OFFER, SEARCHED),
    "searches unseen": (CONVERSE, NOVA_2, OFFER, None),
    "titan moved out": (INVOKE, TITAN, {"inputBodyS3Path": "s3://logs/data/x"}, None),
    "titan unseen": (INVOKE, TITAN, {}, None),
    "titan inline": (INVOKE, TITAN, {"inputBodyJson": {"inputText": "a"}}, None),
    "cohere image": (INVOKE, COHERE, {INPUT: 0}, None),
    "cohere text": (INVOKE, COHERE, {}, None),
    "cohere fused": (INVOKE, COHERE_4, FUSED, None),
    "canvas error": (INVOKE, CANVAS, PICTURE, {"error": "filtered"}),
    "canvas": (INVOKE, CANVAS, PICTURE, {"images": ["x"]}),
    "stability": (INVOKE, STABILITY, {INPUT: 0}, {"images": []}),
    "rerank": (INVOKE, RERANK, None, None),
    "failed with counts": (CONVERSE, SONNET, {}, None),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_oracle_agrees_on_records_as_people_really_have_them(case):
    operation, model, given, body = CASES[case]
    counts = {} if given is None else {"inputTokenCount": 2600, **given}
    output = {} if given is None else {"outputTokenCount": 10}
    record = a_record(
        operation=operation,
        modelId=model,
        input=counts,
        output=output | ({} if body is None else {"outputBodyJson": body}),
        **({"errorCode": "ModelStreamErrorException"} if "failed" in case else {}),
    )
    log, valuation = a_log_object(), Valuation(DEFAULT_POLICY, prices.shipped())
    found = read_log(io.BytesIO(a_log(record)), Source(log.object_id))
    occurrences = [Occurrence(Hour(one.at[:13]), log.object_id, one) for one in found]

    (total,) = totals_of(occurrences, valuation).values()
    right = expected({log.key: a_log(record)}, copies={}, tags={}, policy={}, rows=PriceRows())

    assert_same(total, *right.closed.values(), case)
