"""The short way for records as nearly all are: a call that worked, billed by tokens alone.

It returns exactly what `use_of` would, or None; a test holds both ways against each other.
Whether a call may have searched the web must be asked before.
"""

from bedrock_meter.logs.counts import (
    cached_in,
    completed,
    metrics_in,
    split_of,
    usages_in,
    written_in,
)
from bedrock_meter.logs.records import NOTHING, Body, Event, Record
from bedrock_meter.logs.rows import PlainTokens
from bedrock_meter.logs.tiers import STANDARD, stated_tier

_CONVERSE = "Converse"


class PlainUse(PlainTokens, gc=False):
    """The tokens of a record, milliseconds to the end of the answer and to its first byte.

    `is_tier_stated`: the answer says that the standard tier served it.
    """

    latency_ms: int | None = None
    first_byte_ms: int | None = None
    is_tier_stated: bool = False


def plain_of(record: Record) -> PlainUse | None:  # noqa: C901
    """Read a record of a model billed by tokens; None when anything about it is out of the way.

    Out of the way are errors, other service tiers, guardrail traces, cache writes whose time to
    live must be assumed, bodies written as text, and calls without any token.
    """
    given, answer = record.input, record.output
    if given is None or answer is None or record.errorCode is not None:
        return None
    if record.performanceConfig is not None:
        return None
    read, written = given.cacheReadInputTokenCount, given.cacheWriteInputTokenCount
    body = answer.outputBodyJson
    latency = first_byte = tier = None
    if type(body) is Body:
        if body.serviceTier is not None or body.performanceConfig is not None:
            return None
        if body.service_tier is not None:
            return None
        if body.trace is not NOTHING or body.invoke_trace is not NOTHING:
            return None
        usage = body.usage
        if usage is not None:
            tier = usage.service_tier
            read = cached_in(usage) if read is None else read
            written = written_in(usage) if written is None else written
        if body.metrics is not None:
            latency = body.metrics.latencyMs
    elif type(body) is list:
        if [1 for event in body if type(event) is Event and event.invoke_trace is not NOTHING]:
            return None
        metrics = metrics_in(answer)
        if metrics is not None:
            latency, first_byte = metrics.invocationLatency, metrics.firstByteLatency
        tier = stated_tier(body)
        if read is None or written is None:
            read, written = completed(read, written, list(usages_in(body)), metrics)
    elif body is not None:
        return None
    if tier is not None and (tier != STANDARD or (record.operation or "").startswith(_CONVERSE)):
        return None
    fresh, out = given.inputTokenCount or 0, answer.outputTokenCount or 0
    write_5m = write_1h = 0
    if written:
        split = split_of(usages_in(body))
        if split is None or split.write_5m + split.write_1h != written:
            return None
        write_5m, write_1h = split.write_5m, split.write_1h
    elif not (fresh or out or read):
        return None
    return PlainUse(  # Tokens by position: five names more would take a quarter longer.
        fresh,
        out,
        read or 0,
        write_5m,
        write_1h,
        latency_ms=latency,
        first_byte_ms=first_byte,
        is_tier_stated=tier is not None,
    )
