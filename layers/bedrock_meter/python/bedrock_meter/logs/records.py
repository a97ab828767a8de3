"""What is read of a record, and as what type; everything else is skipped without being looked at.

The types are strict, so that a record which decodes needs no further check: a count (of tokens,
of milliseconds) is a whole number from 0 to 10^12. A record that does not decode may still be read
field by field (`decode_leniently`). `Raw` fields are kept as JSON text and decoded only where they
matter.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw, Struct, field

MOST_COUNT = 10**12
Count = Annotated[int, Meta(ge=0, le=MOST_COUNT)] | None
SCHEMA_TYPE = "ModelInvocationLog"
NOTHING = Raw(b"")
INTERVENED = "INTERVENED"
"""What InvokeModel says of a guardrail that stopped a call."""


class Identity(Struct, gc=False):
    """Who called."""

    arn: str | None = None


class Input(Struct, gc=False):
    """The request. Its count leaves cached tokens out; the path is that of a body moved out."""

    inputBodyJson: Raw = NOTHING
    inputBodyS3Path: str | None = None
    inputTokenCount: Count = None
    cacheReadInputTokenCount: Count = None
    cacheWriteInputTokenCount: Count = None


class CacheCreation(Struct, gc=False):
    """Anthropic's split of cache writes by time to live."""

    ephemeral_5m_input_tokens: Count = None
    ephemeral_1h_input_tokens: Count = None


class CacheDetail(Struct, gc=False):
    """Converse's split of cache writes: one entry per time to live."""

    ttl: str | None = None
    inputTokens: Count = None


class CachedDetails(Struct, gc=False):
    """OpenAI's tokens read from the cache and written to it; its input count includes both."""

    cached_tokens: Count = None
    cache_write_tokens: Count = None


class BodyUsage(Struct, gc=False):
    """What a response says about its own usage, in the words of every API."""

    # Anthropic
    cache_read_input_tokens: Count = None
    cache_creation_input_tokens: Count = None
    cache_creation: CacheCreation | None = None
    service_tier: str | None = None
    # Converse, and Nova through InvokeModel
    cacheReadInputTokens: Count = None
    cacheWriteInputTokens: Count = None
    cacheReadInputTokenCount: Count = None
    cacheWriteInputTokenCount: Count = None
    cacheDetails: list[CacheDetail] | None = None
    # OpenAI: Responses, then Chat Completions; Anthropic's input_tokens leaves cached ones out
    input_tokens: Count = None
    input_tokens_details: CachedDetails | None = None
    prompt_tokens: Count = None
    prompt_tokens_details: CachedDetails | None = None


class Metrics(Struct, gc=False):
    """How long a Converse call took."""

    latencyMs: Count = None


class ServiceTier(Struct, gc=False):
    """The service tier that served a Converse call."""

    type: str | None = None


class Performance(Struct, gc=False):
    """Whether a call was served with optimised latency."""

    latency: str | None = None


class Message(Struct, gc=False):
    """The message that opens an Anthropic stream, or what an event of Responses is about."""

    model: str | None = None
    usage: BodyUsage | None = None
    service_tier: str | None = None


class StreamMetrics(Struct, gc=False):
    """What Bedrock adds to the last event of a stream."""

    invocationLatency: Count = None
    firstByteLatency: Count = None
    cacheReadInputTokenCount: Count = None
    cacheWriteInputTokenCount: Count = None


class Event(Struct, gc=False):
    """One event of a stream."""

    message: Message | None = None
    usage: BodyUsage | None = None
    response: Message | None = None
    service_tier: str | None = None
    metrics: StreamMetrics | None = field(name="amazon-bedrock-invocationMetrics", default=None)
    guardrail: str | None = field(name="amazon-bedrock-guardrailAction", default=None)
    invoke_trace: Raw = field(name="amazon-bedrock-trace", default=NOTHING)


class Body(Struct, gc=False):
    """A response in one piece; fields in the order of Converse, then those of InvokeModel."""

    output: Raw = NOTHING
    stopReason: str | None = None
    metrics: Metrics | None = None
    usage: BodyUsage | None = None
    trace: Raw = NOTHING
    performanceConfig: Performance | None = None
    serviceTier: ServiceTier | None = None
    model: str | None = None
    service_tier: str | None = None
    images: Raw = NOTHING
    artifacts: Raw = NOTHING
    error: Raw = NOTHING
    guardrail: str | None = field(name="amazon-bedrock-guardrailAction", default=None)
    invoke_trace: Raw = field(name="amazon-bedrock-trace", default=NOTHING)


type Response = Body | list[Event | str | None] | str | None


class Output(Struct, gc=False):
    """The response; a body as one object, or as the list of a stream's events."""

    outputBodyJson: Body | list[Event | str | None] | str | None = None
    outputBodyS3Path: str | None = None
    outputTokenCount: Count = None
    outputVideoDurationSeconds: float | None = None
    outputVideoHeight: Count = None


class Record(Struct, gc=False, kw_only=True):
    """One line of a log object, as far as the meter reads it.

    Fields stand in the order in which Bedrock writes them, which makes finding them quicker.
    """

    timestamp: str
    accountId: str | None = None
    region: str | None = None
    requestId: str | None = None
    operation: str | None = None
    modelId: str
    errorCode: str | None = None
    input: Input | None = None
    output: Output | None = None
    identity: Identity | None = None
    performanceConfig: Performance | None = None
    schemaType: Literal["ModelInvocationLog"]
    requestMetadata: dict[str, str] | None = None


strict = msgspec.json.Decoder(Record)


def loosely(kind: type[Struct]) -> type[Any]:
    """Return a type of the same fields, each still JSON text."""
    return msgspec.defstruct(
        f"Loose{kind.__name__}",
        [(name, Raw, NOTHING) for name in kind.__struct_fields__],
        gc=False,
    )


LooseRecord, LooseInput, LooseOutput = loosely(Record), loosely(Input), loosely(Output)


def readable[Kind](text: bytes | Raw, kind: type[Kind]) -> Kind | None:
    """Read JSON text of a kind; None when it is absent or anything else."""
    try:
        return msgspec.json.decode(text, type=kind) if len(text) else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
