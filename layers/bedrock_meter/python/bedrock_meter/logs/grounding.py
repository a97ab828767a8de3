"""Web grounding: searches that Nova makes by itself, billed one by one beside the tokens.

The request offers the tool, the response shows each use of it. Where the response is not inline
the use of the tool is not known: the charge is not whole then.
"""

from msgspec import Raw, Struct

from bedrock_meter.domain.records.usage import GROUNDING_REQUESTS
from bedrock_meter.logs.media import NO_MEDIA, Media
from bedrock_meter.logs.records import NOTHING, Body, Record, readable

GROUNDING_NOT_LOGGED = "grounding_not_logged"

_TOOL = "nova_grounding"
_MARK = _TOOL.encode()
_BY_BEDROCK = (None, "server_tool_use")


class _Named(Struct, gc=False):
    name: str | None = None
    type: str | None = None


class _Tool(Struct, gc=False):
    systemTool: _Named | None = None


class _Tools(Struct, gc=False):
    tools: list[_Tool] | None = None


class _Request(Struct, gc=False):
    toolConfig: _Tools | None = None


class _Block(Struct, gc=False):
    toolUse: _Named | None = None


class _Message(Struct, gc=False):
    content: list[_Block] | None = None


class _Answer(Struct, gc=False):
    message: _Message | None = None


def mentions_grounding(record: Record) -> bool:
    """Return, at a glance, whether a record may have to do with web grounding."""
    given, answer = record.input, record.output
    if given is not None and len(given.inputBodyJson):
        return _MARK in bytes(given.inputBodyJson)
    body = answer.outputBodyJson if answer else None
    return type(body) is Body and _MARK in bytes(body.output)


def grounding_of(record: Record) -> Media:
    """Count the searches of a call that names the tool."""
    if not mentions_grounding(record):
        return NO_MEDIA
    body = record.output.outputBodyJson if record.output else None
    if isinstance(body, Body) and body.output is not NOTHING:
        searches = _searches_in(body.output)
        return Media({GROUNDING_REQUESTS: searches}, []) if searches else NO_MEDIA
    return Media({}, [GROUNDING_NOT_LOGGED], is_whole=False) if _is_offered(record) else NO_MEDIA


def _searches_in(output: Raw) -> int:
    answer = readable(output, _Answer)
    blocks = answer.message.content if answer and answer.message else None
    uses = [block.toolUse for block in blocks or () if block.toolUse]
    return sum(use.name == _TOOL and use.type in _BY_BEDROCK for use in uses)


def _is_offered(record: Record) -> bool:
    request = readable(record.input.inputBodyJson, _Request) if record.input else None
    tools = request.toolConfig.tools if request and request.toolConfig else None
    return any(tool.systemTool and tool.systemTool.name == _TOOL for tool in tools or ())
