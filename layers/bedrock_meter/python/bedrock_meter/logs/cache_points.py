"""Cache points of a request: how long the caller asked for what is written to the cache to live.

Converse marks them with `cachePoint`, Claude's own API with `cache_control`, each with a `ttl`.
Only where a request may hold them are they looked for: what a tool was given is a caller's text.
"""

from collections.abc import Iterator

from msgspec import Struct

from bedrock_meter.logs.records import Input, readable

_ONE_HOUR = b'"1h"'


class _Point(Struct, gc=False):
    ttl: str | None = None


class _Block(Struct, gc=False):
    """A part of a message, of the system prompt or of the tools."""

    cachePoint: _Point | None = None
    cache_control: _Point | None = None
    content: "list[_Block | str] | str | None" = None


class _Tools(Struct, gc=False):
    tools: list[_Block] | None = None


class _Request(_Block, gc=False):
    system: list[_Block] | str | None = None
    messages: list[_Block] | None = None
    tools: list[_Block] | None = None
    toolConfig: _Tools | None = None


def asks_for_one_hour(given: Input | None) -> bool:
    """Return whether a request is there, has cache points, and all of them say one hour."""
    if given is None or _ONE_HOUR not in bytes(given.inputBodyJson):
        return False
    request = readable(given.inputBodyJson, _Request)
    return request is not None and {point.ttl for point in _points(request)} == {"1h"}


def _points(request: _Request) -> Iterator[_Point]:
    yield from _points_of(request)
    config = request.toolConfig.tools if request.toolConfig else None
    for blocks in (request.system, request.messages, request.tools, config):
        if isinstance(blocks, list):
            for block in blocks:
                yield from _points_of(block)


def _points_of(block: _Block) -> Iterator[_Point]:
    if block.cachePoint:
        yield block.cachePoint
    if block.cache_control:
        yield block.cache_control
    if isinstance(block.content, list):
        for part in block.content:
            if isinstance(part, _Block):
                yield from _points_of(part)
