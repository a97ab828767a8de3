"""The wait list, in the Partials table: what waits to be metered, and how far the sweep is.

| pk            | sk                         | attributes                                          |
|---------------|----------------------------|-----------------------------------------------------|
| `W#0` … `W#7` | `O#<object id>`            | `bucket, key, announced, holds`: a log object waits |
| `W#0` … `W#7` | `R#<revision>#<object id>` | the same, and `revision`: it is being read anew     |
| `SWEEP`       | `CURSOR`                   | `until`, `reached`, `listed`: a number for a folder |

The partition of a log object is the CRC-32 of its id, modulo 8: a backlog of thousands is written
in parallel, and one partition takes 1,000 writes a second. Nothing here has an expiry: an object
waits until it is metered or given up.
"""

from collections.abc import Iterable
from typing import Any
from zlib import crc32

from boto3.dynamodb.conditions import Attr

from bedrock_meter.aws.dynamodb import item_at, put_if, query_all, write_all
from bedrock_meter.aws.dynamodb_live import OF_OBJECT
from bedrock_meter.domain.records.waiting import Swept, Waiting
from bedrock_meter.domain.time.hours import Hour, parse_time, text_of

PARTITIONS = 8
_WAITING, _READING = "W#", "R#"
_SWEEP = {"pk": "SWEEP", "sk": "CURSOR"}


class DynamoDbWaitList:
    """`WaitList` on DynamoDB."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def waiting(self) -> list[Waiting]:
        items = (
            item
            for number in range(PARTITIONS)
            for item in query_all(self._table, f"{_WAITING}{number}")
        )
        return [_waiting(item) for item in sorted(items, key=lambda item: item["sk"])]

    def wait(self, objects: Iterable[Waiting]) -> None:
        # A batch names no key twice.
        items = {(one.object_id, one.revision): _item(one) for one in objects}
        write_all(self._table, ({"PutRequest": {"Item": item}} for item in items.values()))

    def met(self, objects: Iterable[Waiting]) -> None:
        keys = {(one.object_id, one.revision): _key(one) for one in objects}
        write_all(self._table, ({"DeleteRequest": {"Key": key}} for key in keys.values()))

    def swept(self) -> Swept:
        item = item_at(self._table, _SWEEP) or {}
        listed = {Hour(hour): int(number) for hour, number in item.get("listed", {}).items()}
        return Swept(item.get("until"), item.get("reached"), listed)

    def sweep_to(self, swept: Swept) -> None:
        item: dict[str, Any] = {**_SWEEP, "listed": dict(swept.listed)}
        forward = Attr("until").not_exists()
        if swept.until:
            item |= {"until": swept.until, "reached": swept.reached}
            forward |= Attr("until").lte(swept.until)
        put_if(self._table.put_item, Item=item, ConditionExpression=forward)


def _key(waiting: Waiting) -> dict[str, str]:
    object_id, revision = waiting.object_id, waiting.revision
    return {
        "pk": f"{_WAITING}{crc32(object_id.encode()) % PARTITIONS}",
        "sk": f"{_READING}{revision}#{object_id}" if revision else OF_OBJECT + object_id,
    }


def _item(waiting: Waiting) -> dict[str, Any]:
    return {
        **_key(waiting),
        "bucket": waiting.bucket,
        "key": waiting.key,
        "announced": text_of(waiting.announced),
        "holds": waiting.holds,
        **({"revision": waiting.revision} if waiting.revision else {}),
    }


def _waiting(item: dict[str, Any]) -> Waiting:
    announced, revision = parse_time(item["announced"]), int(item.get("revision", 0))
    return Waiting(item["bucket"], item["key"], announced, item["holds"], revision)
