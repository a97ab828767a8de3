"""The tokens of a record: its own counts first, its body only to refine them.

The counts at the top of a record are there whether bodies are logged, moved out or switched off,
and no tenant can write them. A body is consulted for two things only: how cache writes part by time
to live, and cached tokens where the record has no such count.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from msgspec import Struct

from bedrock_meter.domain.records.usage import (
    CACHE_READ_TOKENS,
    CACHE_WRITE_1H_TOKENS,
    CACHE_WRITE_5M_TOKENS,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
)
from bedrock_meter.logs.cache_points import asks_for_one_hour
from bedrock_meter.logs.records import (
    Body,
    BodyUsage,
    Event,
    Input,
    Output,
    Record,
    StreamMetrics,
)
from bedrock_meter.logs.shapes import INCLUSIVE, Shape

OPENAI_INCLUSIVE = "openai_inclusive"
CACHE_SPLIT_DISAGREES = "cache_split_disagrees"
CACHE_TTL_AS_REQUESTED = "cache_ttl_as_requested"

_NO_INPUT = Input()
_NO_OUTPUT = Output()


class Tokens(NamedTuple):
    """Tokens by kind, zeros left out; `are_logged` is False when the record has no count."""

    usage: dict[str, int]
    are_logged: bool
    assumptions: list[str]


def tokens_of(record: Record, shape: Shape) -> Tokens:
    """Read the tokens of a record."""
    given, answer = record.input or _NO_INPUT, record.output or _NO_OUTPUT
    read, written = given.cacheReadInputTokenCount, given.cacheWriteInputTokenCount
    usages: list[BodyUsage] = []
    if read is None or written or written is None or shape.kind == INCLUSIVE:
        usages = list(usages_in(answer.outputBodyJson))
        read, written = completed(read, written, usages, metrics_in(answer))
    assumptions: list[str] = []
    fresh = given.inputTokenCount or 0
    if shape.kind == INCLUSIVE:
        read = read or _first(usages, _cached_by_openai)
        written = written or _first(usages, _written_by_openai)
        if read or written:
            fresh = _without_cached(fresh, read + written, usages, assumptions)
    usage = {INPUT_TOKENS: fresh, OUTPUT_TOKENS: answer.outputTokenCount or 0}
    usage[CACHE_READ_TOKENS] = read
    if written:
        usage.update(_writes(written, usages, given, shape, assumptions))
    counts = (given.inputTokenCount, answer.outputTokenCount)
    logged = any(count is not None for count in counts) or bool(read or written)
    return Tokens({kind: n for kind, n in usage.items() if n}, logged, assumptions)


def usages_in(body: Body | list[Event | str | None] | str | None) -> Iterator[BodyUsage]:
    """Yield what a response says about its usage; of a stream, its events in order."""
    if isinstance(body, Body):
        if body.usage:
            yield body.usage
    elif isinstance(body, list):
        for event in body:
            if isinstance(event, Event):
                for part in (event.message, event.response, event):
                    if part is not None and part.usage is not None:
                        yield part.usage


def metrics_in(answer: Output) -> StreamMetrics | None:
    """Find what Bedrock adds to the last event of a stream."""
    body = answer.outputBodyJson
    if isinstance(body, list):
        for event in reversed(body):
            if isinstance(event, Event) and event.metrics is not None:
                return event.metrics
    return None


class CacheWrites(Struct, gc=False):
    """Tokens written to the cache for 5 minutes and for 1 hour."""

    write_5m: int = 0
    write_1h: int = 0


def split_of(usages: Iterable[BodyUsage]) -> CacheWrites | None:
    """Find the cache writes by time to live; None when no body says anything."""
    for usage in usages:
        split = CacheWrites()
        if usage.cache_creation:
            made = usage.cache_creation
            split.write_5m = made.ephemeral_5m_input_tokens or 0
            split.write_1h = made.ephemeral_1h_input_tokens or 0
        elif usage.cacheDetails:
            for detail in usage.cacheDetails:
                if detail.ttl == "5m":
                    split.write_5m += detail.inputTokens or 0
                elif detail.ttl == "1h":
                    split.write_1h += detail.inputTokens or 0
        if split.write_5m or split.write_1h:
            return split
    return None


def completed(
    read: int | None, written: int | None, usages: list[BodyUsage], metrics: StreamMetrics | None
) -> tuple[int, int]:
    """Complete cache counts that the record lacks from what its body states."""
    if read is None:
        read = metrics.cacheReadInputTokenCount if metrics else 0
        read = read or _first(usages, cached_in)
    if written is None:
        written = metrics.cacheWriteInputTokenCount if metrics else 0
        written = written or _first(usages, written_in)
    return read, written


def cached_in(usage: BodyUsage) -> int:
    """Return the tokens read from the cache, in whatever words a body says it."""
    stated = usage.cache_read_input_tokens or usage.cacheReadInputTokens
    return stated or usage.cacheReadInputTokenCount or 0


def written_in(usage: BodyUsage) -> int:
    """Return the tokens written to the cache, in whatever words a body says it."""
    stated = usage.cache_creation_input_tokens or usage.cacheWriteInputTokens
    return stated or usage.cacheWriteInputTokenCount or 0


def _first(usages: list[BodyUsage], read: Callable[[BodyUsage], int | None]) -> int:
    return next((number for usage in usages if (number := read(usage))), 0)


def _cached_by_openai(usage: BodyUsage) -> int | None:
    details = usage.input_tokens_details or usage.prompt_tokens_details
    return details.cached_tokens if details else None


def _written_by_openai(usage: BodyUsage) -> int | None:
    details = usage.input_tokens_details or usage.prompt_tokens_details
    return details.cache_write_tokens if details else None


def _total_by_openai(usage: BodyUsage) -> int | None:
    return usage.input_tokens if usage.input_tokens is not None else usage.prompt_tokens


def _without_cached(
    total: int, cached: int, usages: list[BodyUsage], assumptions: list[str]
) -> int:
    """Take cached tokens out of an inclusive count.

    A count that is less than the cached tokens cannot include them. Otherwise a body that states
    the total settles whether the record's count is the total; without one the convention of the
    API is assumed.
    """
    stated = _first(usages, _total_by_openai)
    if total < cached or (stated and total == stated - cached):
        return total
    if not stated:
        assumptions.append(OPENAI_INCLUSIVE)
    return total - cached


def _writes(
    written: int, usages: list[BodyUsage], given: Input, shape: Shape, assumptions: list[str]
) -> dict[str, int]:
    """Part cache writes by time to live.

    What no response explains lives as long as all cache points of the request say, else it is of
    the model's usual kind.
    """
    split = split_of(usages)
    if split is None:
        if shape.write_assumption and asks_for_one_hour(given):
            assumptions.append(CACHE_TTL_AS_REQUESTED)
            return {CACHE_WRITE_1H_TOKENS: written}
        if shape.write_assumption:
            assumptions.append(shape.write_assumption)
        return {shape.write_kind: written}
    one_hour = split.write_1h
    if split.write_5m + one_hour != written:
        assumptions.append(CACHE_SPLIT_DISAGREES)
        one_hour = min(one_hour, written)
    return {CACHE_WRITE_5M_TOKENS: written - one_hour, CACHE_WRITE_1H_TOKENS: one_hour}
