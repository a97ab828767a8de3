"""What a meter must handle: records and lines that real logs hold sooner or later.

Each oddity makes the lines of one incident at a moment. `ODDITIES` names them all; the name is
what `Traffic.planted` counts.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from engine.traffic.cast import Application
from engine.traffic.records import Record, TrafficContext, record_for

Lines = list[tuple[datetime, bytes]]
TALKER = Application("acme", 1, "metadata", ("us.anthropic.claude-sonnet-4-6",))
FORGED = {
    "inputTokenCount": 1,
    "outputTokenCount": 1,
    "requestMetadata": {"tenantId": "somebody-else"},
    "modelId": "amazon.nova-micro-v1:0",
    "schemaType": "ModelInvocationLog",
    "usage": {"inputTokens": 0, "cache_creation": {"ephemeral_1h_input_tokens": 9}},
    "errorCode": "ThrottlingException",
}


def line_of(record: Record) -> bytes:
    """Write a record as one line of a log object."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()


def _good(context: TrafficContext, at: datetime, model: str = TALKER.models[0]) -> Record:
    """Make a record that has counts and inline bodies, to be changed."""
    while True:
        record = record_for(context, TALKER, at, model)
        if "inputBodyJson" in record.get("input", {}) and "outputBodyJson" in record["output"]:
            return record


def corrupt_line(context: TrafficContext, at: datetime) -> Lines:
    """A line that breaks off in the middle."""
    line = line_of(_good(context, at))
    return [(at, line[: len(line) // 2])]


def fractional_count(context: TrafficContext, at: datetime) -> Lines:
    """A count that is no integer."""
    record = _good(context, at)
    record["input"]["inputTokenCount"] = 12.5
    return [(at, line_of(record))]


def negative_count(context: TrafficContext, at: datetime) -> Lines:
    """A count below zero."""
    record = _good(context, at)
    record["output"]["outputTokenCount"] = -7
    return [(at, line_of(record))]


def time_without_zone(context: TrafficContext, at: datetime) -> Lines:
    """A timestamp that names no zone."""
    record = _good(context, at)
    record["timestamp"] = f"{at:%Y-%m-%dT%H:%M:%S}"
    return [(at, line_of(record))]


def wrong_clock(context: TrafficContext, at: datetime) -> Lines:
    """A record that claims to come from tomorrow."""
    record = _good(context, at)
    record["timestamp"] = f"{at + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    return [(at, line_of(record))]


def stranger(context: TrafficContext, at: datetime) -> Lines:
    """A JSON value that is no invocation record."""
    return [(at, b'["message_start","not a record"]')]


def unknown_model(context: TrafficContext, at: datetime) -> Lines:
    """A model that no price book knows."""
    record = _good(context, at)
    record["modelId"] = "mistral.orbit-9-instruct-v1:0"
    return [(at, line_of(record))]


def unknown_scope(context: TrafficContext, at: datetime) -> Lines:
    """A known provider behind an unknown scope prefix."""
    record = _good(context, at)
    record["modelId"] = "moon.anthropic.claude-sonnet-4-6"
    return [(at, line_of(record))]


def lost_profile(context: TrafficContext, at: datetime) -> Lines:
    """An application inference profile that was deleted before its first lookup."""
    record = _good(context, at, "amazon.nova-lite-v1:0")
    place = f"arn:aws:bedrock:{context.region}:{context.account}"
    record["modelId"] = f"{place}:application-inference-profile/gone0gone0go"
    return [(at, line_of(record))]


def provisioned(context: TrafficContext, at: datetime) -> Lines:
    """Provisioned throughput: paid by the hour, not by the token."""
    record = _good(context, at)
    place = f"arn:aws:bedrock:{context.region}:{context.account}"
    record["modelId"] = f"{place}:provisioned-model/abcdef123456"
    return [(at, line_of(record))]


def adversarial_body(context: TrafficContext, at: datetime) -> Lines:
    """Bodies whose callers planted the meter's own keys in them, as real JSON keys."""
    record = _good(context, at)
    tool = {"toolUse": {"toolUseId": "t1", "name": "f", "input": FORGED}}
    record["input"]["inputBodyJson"]["messages"].append({"role": "assistant", "content": [tool]})
    body = record["output"]["outputBodyJson"]
    if isinstance(body, dict) and "output" in body:
        body["output"]["message"]["content"].append(tool)
    return [(at, line_of(record))]


def adversarial_text(context: TrafficContext, at: datetime) -> Lines:
    """A prompt that spells out a whole record, newlines included."""
    record = _good(context, at)
    text = json.dumps({**FORGED, "requestId": record["requestId"]}) + "\n" + json.dumps(FORGED)
    record["input"]["inputBodyJson"]["messages"][0]["content"][0]["text"] = text
    return [(at, line_of(record))]


def blocked_converse(context: TrafficContext, at: datetime) -> Lines:
    """A guardrail stopped a Converse call: all counts are zero."""
    record = _good(context, at, "amazon.nova-lite-v1:0")
    record["operation"] = "Converse"
    for side in ("input", "output"):
        record[side][f"{side}TokenCount"] = 0
    record["input"] |= {"cacheReadInputTokenCount": 0, "cacheWriteInputTokenCount": 0}
    units = {"topicPolicyUnits": 1, "contentPolicyUnits": 1}
    trace = {"guardrail": {"inputAssessment": {"g1": {"invocationMetrics": {"usage": units}}}}}
    record["output"]["outputBodyJson"] = {
        "output": {"message": {"role": "assistant", "content": [{"text": "No."}]}},
        "stopReason": "guardrail_intervened",
        "usage": {"inputTokens": 0, "outputTokens": 0, "totalTokens": 0},
        "trace": trace,
    }
    return [(at, line_of(record))]


def blocked_invoke(context: TrafficContext, at: datetime) -> Lines:
    """A guardrail stopped an InvokeModel call: no counts, no inference Region."""
    record = _good(context, at, "us.anthropic.claude-sonnet-4-6")
    record["operation"] = "InvokeModel"
    record.pop("inferenceRegion", None)
    body = {"amazon-bedrock-guardrailAction": "INTERVENED", "amazon-bedrock-trace": {}}
    record["input"] = {"inputContentType": "application/json", "inputBodyJson": {}}
    record["output"] = {"outputContentType": "application/json", "outputBodyJson": body}
    return [(at, line_of(record))]


def guardrail_passed(context: TrafficContext, at: datetime) -> Lines:
    """A guardrail looked at question and answer and let them pass; its units are billed."""
    record = _good(context, at, "amazon.nova-lite-v1:0")
    record["operation"] = "Converse"
    units = {"topicPolicyUnits": 2, "contentPolicyUnits": 3, "wordPolicyUnits": 2}
    assessment = {"g1": {"invocationMetrics": {"usage": units}}}
    trace = {"guardrail": {"inputAssessment": assessment, "outputAssessment": assessment}}
    record["output"]["outputBodyJson"] = {"stopReason": "end_turn", "trace": trace}
    return [(at, line_of(record))]


def flex_tier(context: TrafficContext, at: datetime) -> Lines:
    """A call that the flex tier served."""
    record = _good(context, at, "openai.gpt-oss-120b-1:0")
    record["operation"] = "Converse"
    record["output"]["outputBodyJson"] = {"serviceTier": {"type": "flex"}}
    return [(at, line_of(record))]


def optimized_latency(context: TrafficContext, at: datetime) -> Lines:
    """A call served with optimised latency, which has a price of its own."""
    record = _good(context, at, "us.amazon.nova-pro-v1:0")
    record["operation"] = "ConverseStream"
    record["output"]["outputBodyJson"] = {"performanceConfig": {"latency": "optimized"}}
    return [(at, line_of(record))]


def inclusive_count(context: TrafficContext, at: datetime) -> Lines:
    """The Responses API: its input count includes the cached tokens."""
    record = _good(context, at, "openai.gpt-oss-120b-1:0")
    place = f"arn:aws:bedrock:{context.region}:{context.account}"
    record |= {"operation": "Responses", "modelId": f"{place}:inference-profile/us.openai.gpt-5.4"}
    record["input"]["inputTokenCount"] = 12_000
    details = {"cached_tokens": 9_000}
    usage = {"input_tokens": 12_000, "input_tokens_details": details, "output_tokens": 50}
    record["output"] |= {"outputTokenCount": 50, "outputBodyJson": {"usage": usage}}
    return [(at, line_of(record))]


def counts_in_body_only(context: TrafficContext, at: datetime) -> Lines:
    """An older record: cache counts stand in the response body and nowhere else."""
    record = _good(context, at)
    record["operation"] = "InvokeModel"
    for name in ("cacheReadInputTokenCount", "cacheWriteInputTokenCount"):
        record["input"].pop(name, None)
    usage = {"input_tokens": record["input"]["inputTokenCount"], "output_tokens": 50}
    cache = {"cache_read_input_tokens": 4_000, "cache_creation_input_tokens": 900}
    body = {"type": "message", "role": "assistant", "model": "claude-sonnet-4-6", "content": []}
    record["output"]["outputBodyJson"] = {**body, "usage": {**usage, **cache}}
    record["output"]["outputTokenCount"] = 50
    return [(at, line_of(record))]


def forged_tenant(context: TrafficContext, at: datetime) -> Lines:
    """A caller of one tenant's profile that claims to be another tenant."""
    caller = Application("acme", 1, "metadata", (), profile="orchard chat")
    while "errorCode" in (record := record_for(context, caller, at)):
        pass
    return [(at, line_of(record))]


def two_names(context: TrafficContext, at: datetime) -> Lines:
    """Two spellings of the tenant key with two values; the first alias wins."""
    record = _good(context, at)
    record["requestMetadata"] = {"tenant": "globex", "TENANTID": "acme", "env": "prod"}
    return [(at, line_of(record))]


def empty_name(context: TrafficContext, at: datetime) -> Lines:
    """A tenant key without a value names no tenant."""
    record = _good(context, at)
    record["requestMetadata"] = {"tenantId": "", "tenant": "umbra"}
    return [(at, line_of(record))]


def odd_but_good(context: TrafficContext, at: datetime) -> Lines:
    """Null and missing fields, fractions and offsets: all of it can be metered."""
    record = _good(context, at)
    record |= {"identity": {}, "requestMetadata": None, "aFieldOfTheFuture": {"x": [1, None]}}
    record["timestamp"] = f"{at + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}.250+02:00"
    del record["accountId"]
    return [(at, line_of(record))]


def twin_with_zeros(context: TrafficContext, at: datetime) -> Lines:
    """A streamed call that is logged twice, the first time with all counts zero."""
    record = _good(context, at)
    twin: dict[str, Any] = json.loads(line_of(record))
    twin["operation"] = record["operation"] = "ConverseStream"
    twin["output"] = {"outputTokenCount": 0}
    zeros = ("inputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")
    twin["input"] = dict.fromkeys(zeros, 0)
    return [(at, line_of(twin)), (at, line_of(record))]


Oddity = Callable[[TrafficContext, datetime], Lines]
ODDITIES: tuple[Oddity, ...] = (
    corrupt_line,
    fractional_count,
    negative_count,
    time_without_zone,
    wrong_clock,
    stranger,
    unknown_model,
    unknown_scope,
    lost_profile,
    provisioned,
    adversarial_body,
    adversarial_text,
    blocked_converse,
    blocked_invoke,
    guardrail_passed,
    flex_tier,
    optimized_latency,
    inclusive_count,
    counts_in_body_only,
    forged_tenant,
    two_names,
    empty_name,
    odd_but_good,
    twin_with_zeros,
)
REFUSED = (corrupt_line, fractional_count, negative_count, time_without_zone, wrong_clock, stranger)
"""The oddities of which every line must end in quarantine."""
