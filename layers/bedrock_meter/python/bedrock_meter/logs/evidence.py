"""One record as evidence: everything the meter keeps of an invocation, and nothing of its text."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, NamedTuple, cast, get_type_hints

from msgspec import Meta, Struct, defstruct
from msgspec.structs import astuple

from bedrock_meter.domain.records.evidence import ABSENT, BLOCKED, PRESENT, ZERO, Evidence, bounded
from bedrock_meter.domain.time.hours import parse_time, text_of
from bedrock_meter.domain.totals.valuation import Named
from bedrock_meter.logs.bodies import open_bodies
from bedrock_meter.logs.counts import Tokens, metrics_in, tokens_of
from bedrock_meter.logs.grounding import grounding_of
from bedrock_meter.logs.guardrail import guardrail_units, intervened, router_model
from bedrock_meter.logs.lenient import BAD_FIELD, BAD_TIME, UnmeterableLine
from bedrock_meter.logs.media import NO_MEDIA, Media, media_of
from bedrock_meter.logs.records import Body, Event, Record
from bedrock_meter.logs.shapes import INCLUSIVE, TOKENS, Shape, shape_of
from bedrock_meter.logs.tiers import STANDARD, TIER_STANDARD, tier_of

CLOCK = "clock"
ROUTED_MODEL = "routed_model"
"""Assumption: the call is priced as the model its prompt router names; a fee of the router's own
is not known."""
LONGEST_MODEL = 2048
"""Bytes; Bedrock accepts no longer id (API reference of Converse). A total has up to 100 of them,
in an item of 400 KB."""
MOST_AHEAD = timedelta(hours=1)
MOST_BEHIND = timedelta(days=30)

_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._/-]{1,255}")


class Source(NamedTuple):
    """The log object that records come from, as far as its key says.

    `stamp` is when it was written; without it no record can be too far away in time.
    """

    object_id: str
    stamp: datetime | None = None
    account: str = ""
    region: str = ""

    def named_by(self, record: Record) -> Named:
        """Return the model a record names, and where; the key says what the record does not."""
        account, region = record.accountId or self.account, record.region or self.region
        return Named(record.modelId or "", account, region, record.errorCode is None)


class LoggedUse(Struct, gc=False):
    """What a record says was used, how sure that is, and how long it took; as in `Evidence`."""

    usage: dict[str, int]
    counts: str
    assumptions: list[str]
    tier: str
    latency_ms: int | None = None
    first_byte_ms: int | None = None


def row_type(columns: type[Evidence]) -> type[Evidence]:
    """Return a type of the same columns that msgspec makes, writes and reads in one go.

    Made by position it is as quick as a list, where a NamedTuple takes five times as long. Its
    metadata can be replaced: as logged at first, in a file the number of equal ones before.
    """
    stored = dict[str, str] | Annotated[int, Meta(ge=0)] | None
    types = get_type_hints(columns) | {"metadata": stored}
    defaults = columns._field_defaults
    fields = [
        (name, kind, defaults[name]) if name in defaults else (name, kind)
        for name, kind in types.items()
    ]
    made = defstruct("Row", fields, array_like=True, forbid_unknown_fields=True, gc=False)
    return cast("type[Evidence]", made)


EvidenceRow = row_type(Evidence)
"""Evidence on its way into a file or out of one."""


def evidence_of(record: Record, line: int, source: Source) -> Evidence:
    """Read one record; raise `UnmeterableLine` when it cannot be counted."""
    at = time_of(record.timestamp, source.stamp)
    named = source.named_by(record)
    check_place(named)
    shape = shape_of(record.modelId, record.operation or "")
    open_bodies(record)
    use = use_of(record, shape)
    row = evidence_row(record, line, text_of(at), named.account, named.region, shape, use)
    return evidence_in_row(row, bounded(record.requestMetadata))


def evidence_row(
    record: Record, line: int, at: str, account: str, region: str, shape: Shape, use: LoggedUse
) -> Evidence:
    """Return a record as a row of an evidence file, its metadata as logged."""
    return EvidenceRow(
        line,
        record.requestId or "",
        at,
        account,
        region,
        record.operation or "",
        record.modelId,
        (record.identity.arn if record.identity else None) or "",
        record.requestMetadata,
        use.usage,  # By name from here on; names for all columns would take five times as long.
        counts=use.counts,
        error_code=record.errorCode,
        tier=use.tier,
        body_model=body_model_of(record) if shape.is_opaque else None,
        latency_ms=use.latency_ms,
        first_byte_ms=use.first_byte_ms,
        assumptions=use.assumptions,
    )


def evidence_in_row(row: Any, metadata: dict[str, str] | None) -> Evidence:
    """Return a row as evidence, with these metadata."""
    row.metadata = metadata
    return Evidence._make(astuple(row))


def check_place(named: Named) -> None:
    """Check that a Region is named, and a model by an id that totals have room for.

    Raise `UnmeterableLine` otherwise.
    """
    if not named.region:
        raise UnmeterableLine(BAD_FIELD, "region is missing")
    if not named.model_id:
        raise UnmeterableLine(BAD_FIELD, "modelId is missing")
    if len(named.model_id.encode()) > LONGEST_MODEL:
        raise UnmeterableLine(BAD_FIELD, f"modelId has more than {LONGEST_MODEL} bytes")


def time_of(timestamp: str, stamp: datetime | None) -> datetime:
    """Read the time of a call, and hold it against that of its log object."""
    try:
        at = parse_time(timestamp)
    except ValueError:
        raise UnmeterableLine(
            BAD_TIME, "timestamp is not a time with a zone, such as 2026-11-21T05:00:00Z"
        ) from None
    if stamp and not stamp - MOST_BEHIND <= at <= stamp + MOST_AHEAD:
        raise UnmeterableLine(
            CLOCK, f"timestamp {text_of(at)} is too far from the log object's {text_of(stamp)}"
        )
    return at


def use_of(record: Record, shape: Shape) -> LoggedUse:
    """Read the usage of a record. Of a failed call the counts are kept, and nothing assumed."""
    tier = tier_of(record, shape)
    if record.errorCode is not None:
        is_bare = record.input is None and record.output is None
        logged = {} if is_bare else tokens_of(record, shape).usage
        return _timed(LoggedUse(logged, ABSENT, [], tier or STANDARD), record)
    tokens = tokens_of(record, shape)
    media = _media_of(record, shape)
    usage = tokens.usage | media.usage
    counts = _counts_of(record, shape, tokens, media)
    usage |= guardrail_units(record)
    assumptions = [*tokens.assumptions, *media.assumptions]
    if shape.is_router and router_model(record):
        assumptions.append(ROUTED_MODEL)
    if usage and tier is None:
        assumptions.insert(0, TIER_STANDARD)
    return _timed(LoggedUse(usage, counts, assumptions, tier or STANDARD), record)


def _media_of(record: Record, shape: Shape) -> Media:
    """Read what is billed beside tokens."""
    if shape.kind not in (TOKENS, INCLUSIVE):
        return media_of(record, shape)
    return grounding_of(record) if shape.may_search else NO_MEDIA


def _counts_of(record: Record, shape: Shape, tokens: Tokens, media: Media) -> str:
    """Return whether the record says what was used."""
    usage = tokens.usage or media.usage
    if intervened(record) and not usage:
        return BLOCKED
    if not media.is_whole:
        return ABSENT
    if usage:
        return PRESENT
    # Zero tokens of a model that is not billed by tokens mean that the use is not known.
    is_counted = media.is_counted or (tokens.are_logged and shape.kind in (TOKENS, INCLUSIVE))
    return ZERO if is_counted else ABSENT


def body_model_of(record: Record) -> str | None:
    """Return the model that answered, as the response says: for ids that do not name it."""
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


def _timed(use: LoggedUse, record: Record) -> LoggedUse:
    """Add how long the answer took, to its end and to its first byte, where a body says so."""
    answer = record.output
    body = answer.outputBodyJson if answer else None
    if isinstance(body, Body):
        use.latency_ms = body.metrics.latencyMs if body.metrics else None
    elif answer and (metrics := metrics_in(answer)):
        use.latency_ms, use.first_byte_ms = metrics.invocationLatency, metrics.firstByteLatency
    return use
