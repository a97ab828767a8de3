"""The gestures that DynamoDB adapters share; no table's keys are known here."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Context, Decimal, Inexact, Rounded
from itertools import batched
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from bedrock_meter.aws.waits import MOST_WAITS, Sleep, short_waits
from bedrock_meter.domain.records.errors import Contended

_EXACT = Context(prec=38, traps=[Inexact, Rounded])
"""DynamoDB keeps 38 digits; an amount that needs more is refused, never rounded."""
_MOST_READ, _MOST_WRITTEN = 100, 25


def put_if(write: Callable[..., Any], **request: Any) -> bool:
    """Do a conditional write; False when its condition did not hold, any other error is raised."""
    try:
        write(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def update_if(table: Any, **request: Any) -> dict[str, Any] | None:
    """Do a conditional update and give the item as it is then; None when it did not hold."""
    try:
        answer = table.update_item(ReturnValues="ALL_NEW", **request)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return None
        raise
    item: dict[str, Any] = answer["Attributes"]
    return item


def query_all(table: Any, pk: str, **request: Any) -> Iterator[dict[str, Any]]:
    """Read all items under a partition key, page by page; never stale."""
    request = {
        "KeyConditionExpression": Key("pk").eq(pk),
        "ConsistentRead": True,
        **request,
    }
    while True:
        page = table.query(**request)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def get_all(
    table: Any,
    keys: Iterable[Mapping[str, Any]],
    *,
    sleep: Sleep = time.sleep,
    **options: Any,
) -> Iterator[dict[str, Any]]:
    """Read the items that exist under different keys, in any order; never stale.

    `Contended` when DynamoDB keeps giving nothing.
    """
    for some in batched(keys, _MOST_READ):
        asked = {table.name: {"Keys": list(some), "ConsistentRead": True, **options}}
        read = table.meta.client.batch_get_item
        for answer in _in_turns(read, asked, "UnprocessedKeys", sleep):
            yield from answer["Responses"].get(table.name, ())


def write_all(
    table: Any, requests: Iterable[Mapping[str, Any]], *, sleep: Sleep = time.sleep
) -> None:
    """Put or delete items under different keys, in any order, by batches.

    `Contended` when DynamoDB keeps taking nothing.
    """
    for some in batched(requests, _MOST_WRITTEN):
        write = table.meta.client.batch_write_item
        for _ in _in_turns(write, {table.name: list(some)}, "UnprocessedItems", sleep):
            pass


def _in_turns(call: Callable[..., Any], asked: Any, left: str, sleep: Sleep) -> Iterator[Any]:
    """Ask again for what was left undone until nothing is; wait where nothing at all was done."""
    waits = iter(short_waits())
    while asked:
        answer = call(RequestItems=asked)
        yield answer
        rest = answer.get(left) or {}
        if _entries(rest) == _entries(asked):
            wait = next(waits, None)
            if wait is None:
                raise Contended(f"DynamoDB did nothing of a batch {MOST_WAITS + 1} times")
            sleep(wait)
        asked = rest


def _entries(asked: Mapping[str, Any]) -> int:
    return sum(len(part["Keys"]) if "Keys" in part else len(part) for part in asked.values())


def number_of(amount: Decimal) -> Decimal:
    """Check that an amount fits a DynamoDB number exactly."""
    return _EXACT.plus(amount)
