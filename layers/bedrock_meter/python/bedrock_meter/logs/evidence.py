"""One record as evidence: everything the meter keeps of an invocation, and nothing of its text."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from bedrock_meter.domain.evidence import ABSENT, BLOCKED, PRESENT, ZERO, Evidence, bounded
from bedrock_meter.domain.hours import parse_time, text_of
from bedrock_meter.logs.counts import metrics_in, tokens_of
from bedrock_meter.logs.guardrail import guardrail_units, intervened, router_model
from bedrock_meter.logs.media import media_of
from bedrock_meter.logs.mend import BAD_FIELD, BAD_TIME, UnmeterableLine
from bedrock_meter.logs.records import Body, Event, Performance, Record
from bedrock_meter.logs.shapes import INCLUSIVE, TOKENS, Shape, shape_of

CLOCK = "clock"
STANDARD = "standard"
LATENCY_OPTIMIZED = "latency_optimized"
MOST_AHEAD = timedelta(hours=1)
MOST_BEHIND = timedelta(days=30)

_OPTIMIZED = "optimized"
_SAME_TIER = {"default": STANDARD, "": STANDARD}
_TIER = re.compile(r"[a-z0-9_]{1,32}")
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._/-]{1,255}")


class Source(NamedTuple):
    """The log object that records come from, as far as its key tells.

    `stamp` is when it was written; without it no record can be too far away in time.
    """

    object_id: str
    stamp: datetime | None = None
    account: str = ""
    region: str = ""


class Use(NamedTuple):
    """What a record says was used, and how sure that is; `counts` as in `Evidence`."""

    usage: dict[str, int]
    counts: str
    assumptions: list[str]


def evidence_of(record: Record, line: int, source: Source) -> Evidence:
    """Read one record; raises `UnmeterableLine` when it cannot be counted."""
    at = time_of(record.timestamp, source.stamp)
    region = record.region or source.region
    if not region:
        raise UnmeterableLine(BAD_FIELD, "region is missing")
    if not record.modelId:
        raise UnmeterableLine(BAD_FIELD, "modelId is missing")
    operation = record.operation or ""
    shape = shape_of(record.modelId, operation)
    use = use_of(record, shape)
    latency, first_byte = latencies_of(record)
    return Evidence(
        line=line,
        request_id=record.requestId or "",
        at=text_of(at),
        account=record.accountId or source.account,
        region=region,
        operation=operation,
        model_id=record.modelId,
        principal=(record.identity.arn if record.identity else None) or "",
        metadata=bounded(record.requestMetadata),
        usage=use.usage,
        counts=use.counts,
        error_code=record.errorCode,
        tier=tier_of(record, shape),
        body_model=body_model_of(record) if shape.is_opaque else None,
        latency_ms=latency,
        first_byte_ms=first_byte,
        assumptions=use.assumptions,
    )


def time_of(timestamp: str, stamp: datetime | None) -> datetime:
    """Read the time of a call, and hold it against that of its log object."""
    try:
        at = parse_time(timestamp)
    except (ValueError, OverflowError):
        raise UnmeterableLine(
            BAD_TIME, "timestamp is no time with a zone, such as 2026-11-21T05:00:00Z"
        ) from None
    if stamp and not stamp - MOST_BEHIND <= at <= stamp + MOST_AHEAD:
        raise UnmeterableLine(
            CLOCK, f"timestamp {text_of(at)} is too far from the log object's {text_of(stamp)}"
        )
    return at


def use_of(record: Record, shape: Shape) -> Use:
    """Read the usage of a record. A failed call used nothing, whatever else it says."""
    if record.errorCode is not None:
        return Use({}, ABSENT, [])
    tokens = tokens_of(record, shape)
    usage, assumptions = tokens.usage, tokens.assumptions
    is_by_tokens = shape.kind in (TOKENS, INCLUSIVE)
    if not is_by_tokens:
        media = media_of(record, shape)
        usage = usage | media.usage
        assumptions = assumptions + media.assumptions
    if usage:
        counts = PRESENT
    elif intervened(record):
        counts = BLOCKED
    else:
        # Zero tokens of a model that is not billed by tokens mean that nobody knows.
        counts = ZERO if tokens.are_logged and is_by_tokens else ABSENT
    return Use(usage | guardrail_units(record), counts, assumptions)


def tier_of(record: Record, shape: Shape) -> str:
    """Name the service tier that served a call; only Converse logs it, others are standard."""
    body = record.output.outputBodyJson if record.output else None
    speeds: list[Performance | None] = [record.performanceConfig]
    if shape.is_converse and isinstance(body, Body):
        speeds.append(body.performanceConfig)
        if body.serviceTier and (tier := _tier_word(body.serviceTier.type)) != STANDARD:
            return tier
    if any(speed and speed.latency == _OPTIMIZED for speed in speeds):
        return LATENCY_OPTIMIZED
    return STANDARD


def _tier_word(word: str | None) -> str:
    word = (word or "").lower()
    word = _SAME_TIER.get(word, word)
    return word if _TIER.fullmatch(word) else STANDARD


def body_model_of(record: Record) -> str | None:
    """Name the model that answered, as the response does: for ids that do not say it."""
    body = record.output.outputBodyJson if record.output else None
    named: str | None = None
    if isinstance(body, Body):
        named = router_model(record) or body.model
    elif isinstance(body, list):
        opened = (
            message.model
            for event in body
            if isinstance(event, Event) and (message := event.message or event.response)
        )
        named = next((model for model in opened if model), None)
    return named if named and _MODEL.fullmatch(named) else None


def latencies_of(record: Record) -> tuple[int | None, int | None]:
    """Give milliseconds to the end and to the first byte of the answer, where a body tells."""
    answer = record.output
    body = answer.outputBodyJson if answer else None
    if isinstance(body, Body):
        return (body.metrics.latencyMs if body.metrics else None), None
    metrics = metrics_in(answer) if answer else None
    if metrics is None:
        return None, None
    return metrics.invocationLatency, metrics.firstByteLatency
