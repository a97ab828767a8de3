"""The forms in which people keep records of a log group, made from records."""

import gzip
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

Records = list[dict[str, Any]]
STAMP = "2026-11-21T09:05:00.000Z"
MILLISECONDS = 1795251900000
GREETING = "Permissions are correctly set for Amazon Bedrock logs."


def text_of(record: object) -> str:
    """A record as the log group holds it."""
    return json.dumps(record, separators=(",", ":"))


def _fields(record: object) -> list[dict[str, str]]:
    """A row of Insights results, as the API gives it."""
    return [
        {"field": "@timestamp", "value": "2026-11-21 09:05:00.000"},
        {"field": "@message", "value": text_of(record)},
        {"field": "@ptr", "value": "CmEKJgoiMTExMTIyMjIzMzMz"},
    ]


def _row(record: object) -> dict[str, str]:
    """A row of Insights results, as the console and tools flatten it."""
    return {"@timestamp": "2026-11-21 09:05:00.000", "@message": text_of(record)}


def _event(record: object) -> dict[str, object]:
    """An event as filter-log-events and get-log-events give it."""
    return {
        "logStreamName": "aws/bedrock/modelinvocations",
        "timestamp": MILLISECONDS,
        "message": text_of(record),
        "ingestionTime": MILLISECONDS,
        "eventId": "39",
    }


def _subscribed(records: Records) -> dict[str, object]:
    """What a subscription delivers."""
    events = [{"id": "1", "timestamp": MILLISECONDS, "message": text_of(one)} for one in records]
    return {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "bedrock",
        "logStream": "aws/bedrock/modelinvocations",
        "subscriptionFilters": ["all"],
        "logEvents": events,
    }


CONTROL = {
    "messageType": "CONTROL_MESSAGE",
    "logEvents": [{"id": "", "message": "CWL CONTROL MESSAGE: Checking health of destination."}],
}


def _packed(records: Records) -> dict[str, object]:
    """Subscription data as a function gets it."""
    data = b64encode(gzip.compress(_json(_subscribed(records)))).decode()
    return {"awslogs": {"data": data}}


def _column(record: object) -> str:
    """An event as a line of text, as the command line interface prints it."""
    stream = "aws/bedrock/modelinvocations"
    return f"EVENTS\t39\t{MILLISECONDS}\t{stream}\t{text_of(record)}\t{MILLISECONDS}"


def _quoted(record: object) -> str:
    return '"' + text_of(record).replace('"', '""') + '"'


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _json(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, indent=indent).encode()


FORMS: dict[str, Callable[[Records], bytes]] = {
    "insights results": lambda r: _json(
        {"queryLanguage": "CWLI", "results": [_fields(one) for one in r], "status": "Complete"}
    ),
    "insights results, printed": lambda r: _json({"results": [_fields(one) for one in r]}, 4),
    "list of insights rows": lambda r: _json([_fields(one) for one in r]),
    "list of insights rows, printed": lambda r: _json([_fields(one) for one in r], 2),
    "list of fields": lambda r: _json([field for one in r for field in _fields(one)]),
    "lines of fields": lambda r: _lines(*(text_of(field) for one in r for field in _fields(one))),
    "list of flat rows": lambda r: _json([_row(one) for one in r], 2),
    "list of flat rows with objects": lambda r: _json([_row(one) | {"@message": one} for one in r]),
    "lines of flat rows": lambda r: _lines(*(text_of(_row(one)) for one in r)),
    "events of flat rows": lambda r: _json({"events": [_row(one) for one in r]}),
    "events, an event a line": lambda r: _lines(
        '{"events": [', ",\n".join(text_of(_row(one)) for one in r), "]}"
    ),
    "filter-log-events": lambda r: _json(
        {"events": [_event(one) for one in r], "searchedLogStreams": []}, 4
    ),
    "filter-log-events on one line": lambda r: _json({"events": [_event(one) for one in r]}),
    "list of events": lambda r: _json([_event(one) for one in r], 2),
    "lines of events": lambda r: _lines(*(text_of(_event(one)) for one in r)),
    "list of messages": lambda r: _json([text_of(one) for one in r], 4),
    "list of messages on one line": lambda r: _json([text_of(one) for one in r]),
    "list of lists of messages": lambda r: _json([[text_of(one)] for one in r], 4),
    "lines of messages": lambda r: _lines(*(json.dumps(text_of(one)) for one in r)),
    "events as text": lambda r: _lines(
        *map(_column, r), "SEARCHEDLOGSTREAMS\taws/bedrock/modelinvocations\tTrue"
    ),
    "events as text after tokens": lambda r: _lines("b/31/s\tf/32/s", *map(_column, r)),
    "list of records": lambda r: _json(r),
    "events that are records": lambda r: _json({"events": r}),
    "subscription": lambda r: _json(_subscribed(r)),
    "subscription, packed": lambda r: gzip.compress(_json(_subscribed(r))),
    "subscription, packed twice": lambda r: gzip.compress(gzip.compress(_json(_subscribed(r)))),
    "subscriptions in a row": lambda r: b"".join(_json(_subscribed([one])) for one in r),
    "subscriptions in lines": lambda r: _lines(
        text_of(CONTROL), *(text_of(_subscribed([one])) for one in r)
    ),
    "subscription, as a function gets it": lambda r: _json(_packed(r)),
    "export": lambda r: _lines(*(f"{STAMP} {text_of(one)}" for one in r)),
    "export, packed": lambda r: gzip.compress(_lines(*(f"{STAMP} {text_of(one)}" for one in r))),
    "tail": lambda r: _lines(
        *(f"2026-11-21T09:05:00.123000+00:00 aws/bedrock/calls {text_of(one)}" for one in r)
    ),
    "csv of the console": lambda r: _lines(
        "timestamp,message", *(f"{MILLISECONDS},{_quoted(one)}" for one in r)
    ),
    "csv of insights": lambda r: _lines(
        "@timestamp,@message,@ptr",
        *(f"2026-11-21 09:05:00.000,{_quoted(one)},CmEK" for one in r),
    ),
    "csv of messages": lambda r: _lines("@message", *map(_quoted, r)),
    "csv, the message first": lambda r: _lines(
        "@message,@timestamp", *(f"{_quoted(one)},2026-11-21 09:05:00.000" for one in r)
    ),
    "csv, the stream before": lambda r: _lines(
        "@timestamp,@logStream,@message",
        *(f"2026-11-21 09:05:00.000,aws/bedrock/calls,{_quoted(one)}" for one in r),
    ),
    "tail, printed": lambda r: _lines(
        *(f"{STAMP} aws/bedrock/calls\n{json.dumps(one, indent=4)}" for one in r)
    ),
    "greeting before what is printed": lambda r: _lines(
        GREETING, *(json.dumps(one, indent=2) for one in r)
    ),
    "greeting in text": lambda r: _lines(_column("").replace('""', GREETING), *map(_column, r)),
    "greeting first": lambda r: _lines(GREETING, *(text_of(one) for one in r)),
    "greeting exported": lambda r: _lines(
        f"{STAMP} {GREETING}", *(f"{STAMP} {text_of(one)}" for one in r)
    ),
    "greeting among events": lambda r: _json(
        {"events": [_event(None) | {"message": GREETING}, *(_event(one) for one in r)]}
    ),
    "with a byte-order mark": lambda r: b"\xef\xbb\xbf" + _json([_row(one) for one in r]),
}
GREETED = {name for name in FORMS if name.startswith("greeting")} | {"subscriptions in lines"}
