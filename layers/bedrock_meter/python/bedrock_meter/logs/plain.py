"""The short way for records as nearly all are: a call that worked, billed by tokens alone.

It answers exactly what `use_of` and `latencies_of` would, or nothing at all; a test holds both
ways against each other. Whether a call may have searched the web must be asked before.
"""

from bedrock_meter.logs.counts import completed, metrics_in, split_of, usages_in
from bedrock_meter.logs.records import NOTHING, Body, BodyUsage, Event, Record
from bedrock_meter.logs.tiers import STANDARD, stated_tier

type Plain = tuple[int, int, int, int, int, int | None, int | None, bool]
"""Tokens: input, output, cache read, 5-minute and 1-hour cache writes; milliseconds to the end of
the answer and to its first byte; whether the answer says that the standard tier served it."""

_CONVERSE = "Converse"


def plain_of(record: Record) -> Plain | None:  # noqa: C901
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
            if read is None or written is None:
                read, written = _completed(read, written, usage)
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
    if written:
        split = split_of(usages_in(body))
        if split is None or split[0] + split[1] != written:
            return None
        return fresh, out, read or 0, split[0], split[1], latency, first_byte, tier is not None
    if fresh or out or read:
        return fresh, out, read or 0, 0, 0, latency, first_byte, tier is not None
    return None


def _completed(read: int | None, written: int | None, usage: BodyUsage) -> tuple[int, int]:
    """Complete absent cache counts from the body."""
    if read is None:
        read = (
            usage.cache_read_input_tokens
            or usage.cacheReadInputTokens
            or usage.cacheReadInputTokenCount
            or 0
        )
    if written is None:
        written = (
            usage.cache_creation_input_tokens
            or usage.cacheWriteInputTokens
            or usage.cacheWriteInputTokenCount
            or 0
        )
    return read, written
