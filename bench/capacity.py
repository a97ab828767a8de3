"""DynamoDB request units and S3 requests, counted from what really goes over the wire.

Writes: one unit per begun KB of the item, twice that in a transaction, and one more for each index
that the item stands in. Reads: one unit per begun 4 KB, half of it when stale data will do; a
query counts the sum of its items. S3 bills two classes: PUT, COPY, POST and LIST; GET and the rest.
Workers put and fetch side by side, so what a request asked is remembered by thread.
"""

import json
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import botocore.session

WRITES = ("PutItem", "UpdateItem", "DeleteItem")
KB = 1024


class Capacity:
    """Units by phase. Everything that boto3 sends to DynamoDB, S3 or SQS passes by here."""

    def __init__(self) -> None:
        self.written: Counter[str] = Counter()
        self.read: defaultdict[str, float] = defaultdict(float)
        self.s3_puts: Counter[str] = Counter()
        self.s3_gets: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        """By service, in all phases together."""
        self.sent = 0
        """Messages, in all phases together."""
        self.phase = ""
        self.partials: list[tuple[str, str]] = []
        self.messages: list[str] = []
        self._own = threading.local()
        self._lock = threading.Lock()

    def install(self, indexes: dict[str, tuple[str, ...]]) -> None:
        """Watch every client made from now on; `indexes` names each table's index hash keys."""
        self._indexes = indexes
        session = botocore.session.get_session()
        session.register("before-call.dynamodb", self._before)
        session.register("after-call.dynamodb", self._after)
        session.register("before-call.s3", self._object)
        session.register("before-call.sqs", self._message)
        boto3.setup_default_session(botocore_session=session)

    def remove(self) -> None:
        """Let clients made from now on go their own way."""
        boto3.DEFAULT_SESSION = None

    @contextmanager
    def of(self, phase: str) -> Iterator[None]:
        """Count what happens in a block under a name."""
        before, self.phase = self.phase, phase
        try:
            yield
        finally:
            self.phase = before

    def take_partials(self) -> list[tuple[str, str]]:
        """Return the keys of the partials written since the last time, as the stream would."""
        partials, self.partials = self.partials, []
        return partials

    def take_messages(self) -> list[str]:
        """Return the bodies of the messages sent since the last call."""
        messages, self.messages = self.messages, []
        return messages

    def _before(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        asked = self._own.asked = json.loads(params["body"])
        with self._lock:
            self.requests["dynamodb"] += 1
        if model.name == "PutItem":
            key = asked["Item"].get("pk", {}).get("S", "")
            if key.startswith("S#"):
                self.partials.append((key, asked["Item"]["sk"]["S"]))

    def _after(self, model: Any, http_response: Any, **_: Any) -> None:
        answer = json.loads(http_response.content or b"{}")
        asked = self._own.asked
        with self._lock:
            if model.name in WRITES:
                self.written[self.phase] += self._write_units(asked, answer)
            elif model.name == "TransactWriteItems":
                for part in asked["TransactItems"]:
                    (request,) = part.values()
                    self.written[self.phase] += 2 * self._write_units(request, {})
            elif model.name == "BatchWriteItem":
                for table, request in _each_write(asked):
                    self.written[self.phase] += self._write_units(request | table, {})
            elif model.name in _READS:
                self.read[self.phase] += _READS[model.name](asked, answer)

    def _object(self, model: Any, **_: Any) -> None:
        with self._lock:
            self.requests["s3"] += 1
            if model.name.startswith(("Put", "List", "Copy", "Create", "Upload")):
                self.s3_puts[self.phase] += 1
            elif not model.name.startswith("Delete"):  # those are free
                self.s3_gets[self.phase] += 1

    def _write_units(self, asked: dict[str, Any], answer: dict[str, Any]) -> int:
        if "UpdateExpression" in asked:
            item = answer.get("Attributes") or asked["Key"] | asked.get(
                "ExpressionAttributeValues", {}
            )
            named = {*asked.get("ExpressionAttributeNames", {}).values()}
        else:
            item = asked.get("Item") or asked.get("Key") or {}
            named = set(item)
        indexed = sum(key in named for key in self._indexes.get(asked["TableName"], ()))
        return -(-max(1, item_size(item)) // KB) + indexed

    def _message(self, model: Any, params: dict[str, Any], **_: Any) -> None:
        body = json.loads(params["body"])
        self.requests["sqs"] += 1
        for entry in body.get("Entries", [body]):
            self.messages.append(entry["MessageBody"])
            self.sent += 1


def _each_write(asked: dict[str, Any]) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    for table, requests in asked["RequestItems"].items():
        for request in requests:
            (each,) = request.values()
            yield {"TableName": table}, each


def item_size(item: dict[str, Any]) -> int:
    """Return the bytes of an item as DynamoDB counts them."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: dict[str, Any]) -> int:
    ((kind, held),) = value.items()
    if kind == "S":
        return len(held.encode())
    if kind == "N":
        return (len(held.strip("-0").replace(".", "")) + 1) // 2 + 1
    if kind == "B":
        return len(held) * 3 // 4
    if kind == "L":
        return 3 + sum(1 + _value_size(each) for each in held)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + _value_size(each) for name, each in held.items())
    if kind in ("SS", "NS", "BS"):
        return sum(_value_size({kind[0]: each}) for each in held)
    return 1


def _of_get(asked: dict[str, Any], answer: dict[str, Any]) -> float:
    return _blocks(item_size(answer.get("Item", {}))) * _share(asked)


def _of_batch(asked: dict[str, Any], answer: dict[str, Any]) -> float:
    units = 0.0
    for table, request in asked["RequestItems"].items():
        found = answer["Responses"].get(table, [])
        missing = len(request["Keys"]) - len(found)
        blocks = missing + sum(_blocks(item_size(item)) for item in found)
        units += blocks * _share(request)
    return units


def _of_query(asked: dict[str, Any], answer: dict[str, Any]) -> float:
    return _blocks(sum(map(item_size, answer.get("Items", ())))) * _share(asked)


def _blocks(size: int) -> int:
    return -(-max(1, size) // (4 * KB))


def _share(asked: dict[str, Any]) -> float:
    return 1.0 if asked.get("ConsistentRead") else 0.5


_READS: dict[str, Callable[[dict[str, Any], dict[str, Any]], float]] = {
    "GetItem": _of_get,
    "BatchGetItem": _of_batch,
    "Query": _of_query,
    "Scan": _of_query,
}
