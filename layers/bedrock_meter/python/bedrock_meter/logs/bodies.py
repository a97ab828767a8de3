"""Bodies that are not in a record as objects: written as text, or moved to files of their own."""

from collections.abc import Callable

from msgspec import Raw
from msgspec.structs import replace

from bedrock_meter.logs.lenient import response_of
from bedrock_meter.logs.records import Record, readable

type FindBody = Callable[[str], bytes | None]
"""The JSON text of a body by its S3 URI; None where it is not kept."""

_QUOTE = ord('"')


def open_bodies(record: Record) -> None:
    """Put what a body says in the place of a body that was logged as a text of JSON."""
    given, answer = record.input, record.output
    if answer is not None and type(answer.outputBodyJson) is str:
        answer.outputBodyJson = response_of(Raw(answer.outputBodyJson.encode()))
    if given is not None and len(given.inputBodyJson) and _is_text(given.inputBodyJson):
        given.inputBodyJson = Raw((readable(given.inputBodyJson, str) or "").encode())


def with_bodies(record: Record, find: FindBody) -> Record:
    """Return a record with the bodies that were moved out, as far as they can be found.

    It is another record, so that the bodies last no longer than it does.
    """
    given, answer = record.input, record.output
    if given is not None and given.inputBodyS3Path and not len(given.inputBodyJson):
        given = replace(given, inputBodyJson=Raw(find(given.inputBodyS3Path) or b""))
    if answer is not None and answer.outputBodyS3Path and answer.outputBodyJson is None:
        body = find(answer.outputBodyS3Path)
        answer = replace(answer, outputBodyJson=response_of(Raw(body)) if body else None)
    return replace(record, input=given, output=answer)


def _is_text(raw: Raw) -> bool:
    return memoryview(raw)[0] == _QUOTE
