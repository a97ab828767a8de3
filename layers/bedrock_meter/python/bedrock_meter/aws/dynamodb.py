"""What the DynamoDB adapters share; no table's keys are known here."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Context, Decimal, Inexact, Rounded
from itertools import batched
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore.exceptions import ClientError

from bedrock_meter.aws.waits import MOST_WAITS, Sleep, short_waits
from bedrock_meter.domain.records.errors import Contended

_EXACT = Context(prec=38, traps=[Inexact, Rounded])
"""DynamoDB keeps 38 digits; an amount that needs more is an error, never rounded."""
_MOST_READ, _MOST_WRITTEN = 100, 25
_ATTEMPTS = 24

type Item = dict[str, Any]


def put_if(write: Callable[..., Any], **request: Any) -> bool:
    """Do a conditional write; False when its condition did not hold."""
    return _answer(write, request) is not None


def update_if(table: Any, *, returned: str = "ALL_NEW", **request: Any) -> Item | None:
    """Do a conditional update and return the item after it; None when the condition did not hold.

    With "ALL_OLD" the item before it is returned, empty when there was none.
    """
    answer = _answer(table.update_item, {"ReturnValues": returned, **request})
    return None if answer is None else answer.get("Attributes", {})


def _answer(write: Callable[..., Any], request: Mapping[str, Any]) -> Item | None:
    try:
        return write(**request) or {}
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
    return None


def put_next(table: Any, item: Mapping[str, Any]) -> bool:
    """Put an item if the one in place has the version just below; False when it has another."""
    before = item["version"] - 1
    same = Attr("version").eq(before) if before else Attr("pk").not_exists()
    return put_if(table.put_item, Item=item, ConditionExpression=same)


def replace_item(
    read: Callable[[], Item | None], change: Callable[[Item], Item | None], table: Any
) -> None:
    """Put what `change` makes of an item as its next version; None leaves the item as it is.

    Where another writer was quicker, both are called again. Raise `Contended` when one always is.
    """
    for _ in range(_ATTEMPTS):
        before = read() or {}
        after = change(before)
        if after is None or put_next(table, after | {"version": int(before.get("version", 0)) + 1}):
            return
    raise Contended(f"an item of {table.name} was replaced by others {_ATTEMPTS} times in a row")


def item_at(table: Any, key: Mapping[str, str]) -> Item | None:
    """Read the item under a key, if there is one; never stale."""
    item: Item | None = table.get_item(Key=dict(key), ConsistentRead=True).get("Item")
    return item


def query_all(
    table: Any, pk: str, sk: ConditionBase | None = None, **request: Any
) -> Iterator[Item]:
    """Read all items under a partition key, or those whose sort key fits; page by page.

    Never stale, unless `request` says otherwise.
    """
    keys = Key("pk").eq(pk) if sk is None else Key("pk").eq(pk) & sk
    request = {"KeyConditionExpression": keys, "ConsistentRead": True, **request}
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
) -> Iterator[Item]:
    """Read the items that exist under different keys, in any order; never stale.

    Raise `Contended` when DynamoDB keeps answering with nothing.
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

    Raise `Contended` when DynamoDB keeps taking nothing.
    """
    for some in batched(requests, _MOST_WRITTEN):
        write = table.meta.client.batch_write_item
        for _ in _in_turns(write, {table.name: list(some)}, "UnprocessedItems", sleep):
            pass


def _in_turns(call: Callable[..., Any], asked: Any, left: str, sleep: Sleep) -> Iterator[Any]:
    """Send what was left undone again until nothing is; wait where nothing at all was done."""
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
    """Return an amount as a DynamoDB number; raise `Inexact` when it has too many digits."""
    return _EXACT.plus(amount)
