"""Service tiers: which one served a call, as far as its response says.

Converse says it in `serviceTier`, Chat Completions and Responses in `service_tier`, Claude in
`usage.service_tier`. What the caller asked for is not what served the call, and is not read.
"""

import re
from collections.abc import Iterable

from bedrock_meter.logs.records import Body, Event, Performance, Record
from bedrock_meter.logs.shapes import Shape

STANDARD = "standard"
LATENCY_OPTIMIZED = "latency_optimized"
TIER_STANDARD = "tier_standard"
"""Assumption: no body says which tier served the call, so it is priced as standard."""

_OPTIMIZED = "optimized"
# Words for the standard tier, and words that leave the choice to Bedrock, which name none.
_SAME_TIER = {"default": STANDARD, "auto": None, "": None}
_TIER = re.compile(r"[a-z0-9_]{1,32}")


def tier_of(record: Record, shape: Shape) -> str | None:
    """Return the service tier that served a call; None where nothing says it."""
    body = record.output.outputBodyJson if record.output else None
    speeds: list[Performance | None] = [record.performanceConfig]
    word = None
    if not shape.is_converse:
        word = _tier_word(stated_tier(body))
    elif isinstance(body, Body):
        speeds.append(body.performanceConfig)
        word = _tier_word(body.serviceTier.type) if body.serviceTier else None
    if word in (None, STANDARD) and any(speed and speed.latency == _OPTIMIZED for speed in speeds):
        return LATENCY_OPTIMIZED
    return word


def stated_tier(body: object) -> str | None:
    """Return the word for the tier in a response of InvokeModel, as it stands there.

    In a stream the event that opens it says so; that of Responses is opened before anything is
    known, so there the last one does.
    """
    if type(body) is Body:
        return body.service_tier or (body.usage.service_tier if body.usage else None)
    if type(body) is not list:
        return None
    opening = _first(body)
    if opening is None:
        return None
    if opening.message is not None:
        usage = opening.message.usage
        return usage.service_tier if usage is not None else None
    last = _first(reversed(body)) if opening.response is not None else None
    return last.response.service_tier if last and last.response else opening.service_tier


def _first(events: Iterable[Event | str | None]) -> Event | None:
    """Return the first event; strings among them are none."""
    for event in events:
        if type(event) is Event:
            return event
    return None


def _tier_word(word: str | None) -> str | None:
    word = (word or "").lower()
    if word in _SAME_TIER:
        return _SAME_TIER[word]
    return word if _TIER.fullmatch(word) else None
