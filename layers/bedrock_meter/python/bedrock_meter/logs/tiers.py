"""Service tiers: which one served a call, as far as its response says.

Converse says it in `serviceTier`, Chat Completions and Responses in `service_tier`, Claude in
`usage.service_tier`. What the caller asked for is not what served the call, and is not read.
"""

import re
from collections.abc import Iterator

from bedrock_meter.logs.records import Body, Event, Message, Performance, Record
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
    """Name the service tier that served a call; None where nothing says it."""
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
    """Give the word for the tier in a response of InvokeModel, as it stands there.

    Of a stream the last event decides, then the first: others repeat them, and there are many.
    """
    if type(body) is Body:
        return body.service_tier or (body.usage.service_tier if body.usage else None)
    if type(body) is list:
        for event in _edges(body):
            for part in (event.response, event.message, event):
                if part is not None and (word := _stated(part)):
                    return word
    return None


def _edges(events: list[Event | str | None]) -> Iterator[Event]:
    """Give the last event of a stream and the first; strings among them are none."""
    for order in (reversed(events), events):
        for event in order:
            if type(event) is Event:
                yield event
                break


def _stated(part: Event | Message) -> str | None:
    return part.service_tier or (part.usage.service_tier if part.usage else None)


def _tier_word(word: str | None) -> str | None:
    word = (word or "").lower()
    if word in _SAME_TIER:
        return _SAME_TIER[word]
    return word if _TIER.fullmatch(word) else None
