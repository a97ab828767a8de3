"""The Hours table: the life of each hour, and up to where all of them are published.

| pk              | attributes                                                |
|-----------------|-----------------------------------------------------------|
| `<hour>#<shard>`| `epoch, dirty, cleaned, published, left`, `due` while asked for |
| `STATE`        | `data_up_to`, `beyond`, `sealed`, `sealing`, `sealing_since` |

Index `due` (hash `due`, range `pk`) holds only the hours that wait for a close.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from bedrock_meter.aws.dynamodb import get_all, put_if
from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.time.hours import Hour, milliseconds_of, parse_time, text_of
from bedrock_meter.domain.totals.hour_row import HourRow, Mark, Progress

SHARD = 0
INDEX = "due"
_DUE = "due"
_STATE = {"pk": "STATE"}


class DynamoDbHourTable:
    """`HourTable` on DynamoDB."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def row(self, hour: Hour) -> HourRow:
        answer = self._table.get_item(Key=_key(hour), ConsistentRead=True)
        return _row(hour, answer.get("Item", {}))

    def rows(self, hours: Iterable[Hour]) -> dict[Hour, HourRow]:
        asked = dict.fromkeys(hours)  # a batch may name no key twice
        found = {item["pk"]: item for item in get_all(self._table, map(_key, asked))}
        return {hour: _row(hour, found.get(_key(hour)["pk"], {})) for hour in asked}

    def ask(self, hour: Hour) -> None:
        # One more is a new number, whatever it was: asking twice makes an hour due, as once does.
        self._table.update_item(
            Key=_key(hour),
            UpdateExpression="SET dirty = if_not_exists(dirty, :none) + :one, #due = :due",
            ExpressionAttributeNames={"#due": "due"},
            ExpressionAttributeValues={":none": 0, ":one": 1, ":due": _DUE},
        )

    def mark(self, hour: Hour, now: datetime) -> Mark:
        milliseconds = milliseconds_of(now)
        before = self._begin(
            hour, ":now", "attribute_not_exists(epoch) OR epoch < :now", milliseconds
        )
        if before is not None:
            return _mark(before, milliseconds)
        # A clock that is behind must not stop a close: one above the last epoch is higher too.
        before = self._begin(hour, "epoch + :one", "attribute_exists(epoch)", milliseconds)
        if before is None:
            raise Contended(f"the row of hour {hour} appeared and vanished while it was marked")
        return _mark(before, before.epoch + 1)

    def _begin(self, hour: Hour, epoch: str, condition: str, now: int) -> HourRow | None:
        """Put an epoch if the condition holds; give the row as it was before."""
        values = {":now": now, ":one": 1, ":none": 0}
        used = {
            name: value for name, value in values.items() if name in epoch + condition + ":none"
        }
        try:
            answer = self._table.update_item(
                Key=_key(hour),
                UpdateExpression=f"SET epoch = {epoch}, dirty = if_not_exists(dirty, :none)",
                ConditionExpression=condition,
                ExpressionAttributeValues=used,
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return None
            raise
        return _row(hour, answer.get("Attributes", {}))

    def finish(self, mark: Mark) -> bool:
        values = {":seen": mark.seen, ":epoch": mark.epoch}
        cleaned = "SET cleaned = :seen, published = :epoch"
        done = put_if(
            self._table.update_item,
            Key=_key(mark.hour),
            UpdateExpression=cleaned + " REMOVE #due",
            ConditionExpression="epoch = :epoch AND dirty = :seen",
            ExpressionAttributeNames={"#due": "due"},
            ExpressionAttributeValues=values,
        )
        # Asked again meanwhile: what was seen is published, and the hour stays due.
        return done or put_if(
            self._table.update_item,
            Key=_key(mark.hour),
            UpdateExpression=cleaned,
            ConditionExpression="epoch = :epoch",
            ExpressionAttributeValues=values,
        )

    def keep_published(self, row: HourRow) -> bool:
        return put_if(
            self._table.update_item,
            Key=_key(row.hour),
            UpdateExpression="SET cleaned = :dirty REMOVE #due",
            ConditionExpression="epoch = :epoch AND dirty = :dirty",
            ExpressionAttributeNames={"#due": "due"},
            ExpressionAttributeValues={":epoch": row.epoch, ":dirty": row.dirty},
        )

    def leave(self, mark: Mark) -> None:
        put_if(
            self._table.update_item,
            Key=_key(mark.hour),
            UpdateExpression="SET #left = :epoch",
            ConditionExpression="epoch = :epoch",
            ExpressionAttributeNames={"#left": "left"},
            ExpressionAttributeValues={":epoch": mark.epoch},
        )

    def due(self) -> list[Hour]:
        hours, request = (
            [],
            {
                "IndexName": INDEX,
                "KeyConditionExpression": Key("due").eq(_DUE),
            },
        )
        while True:
            page = self._table.query(**request)
            hours += [Hour(item["pk"].rsplit("#", 1)[0]) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return sorted(hours)
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def progress(self) -> Progress:
        item = self._table.get_item(Key=_STATE, ConsistentRead=True).get("Item", {})
        data_up_to = item.get("data_up_to")
        beyond = (Hour(hour) for hour in item.get("beyond", ()))
        # One noted while `data_up_to` moved past it may still stand in the set.
        still = frozenset(hour for hour in beyond if hour >= (data_up_to or hour))
        since = item.get("sealing_since")
        sealing = (item.get("sealing"), parse_time(since) if since else None)
        return Progress(data_up_to, still, item.get("sealed"), *sealing)

    def begin_at(self, hour: Hour) -> Hour:
        begun = self._update_state(
            "SET data_up_to = :hour", "attribute_not_exists(data_up_to)", {":hour": hour}
        )
        return hour if begun else self.progress().data_up_to or hour

    def note_published(self, hour: Hour) -> None:
        # A set is united, not incremented: a second time it is the same set.
        self._update_state(
            "ADD beyond :hours",
            "attribute_not_exists(data_up_to) OR data_up_to <= :hour",
            {":hours": {hour}, ":hour": hour},
        )

    def advance(self, hour: Hour) -> None:
        passed = {one for one in self.progress().beyond if one < hour}
        deletes = " DELETE beyond :passed" if passed else ""
        self._update_state(
            "SET data_up_to = :hour" + deletes,
            "data_up_to < :hour",
            {":hour": hour, **({":passed": passed} if passed else {})},
        )

    def begin_sealing(self, hour: Hour, now: datetime) -> None:
        self._update_state(
            "SET sealing = :hour, sealing_since = :now",
            "attribute_not_exists(sealing) OR sealing < :hour",
            {":hour": hour, ":now": text_of(now)},
        )

    def seal(self, hour: Hour) -> None:
        self._update_state(
            "SET sealed = :hour",
            "attribute_not_exists(sealed) OR sealed < :hour",
            {":hour": hour},
        )

    def _update_state(self, update: str, condition: str, values: dict[str, Any]) -> bool:
        return put_if(
            self._table.update_item,
            Key=_STATE,
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
        )


def _key(hour: Hour) -> dict[str, str]:
    return {"pk": f"{hour}#{SHARD}"}


def _mark(before: HourRow, epoch: int) -> Mark:
    return Mark(before.hour, epoch, before.dirty, before.published, before.epoch)


def _row(hour: Hour, item: dict[str, Any]) -> HourRow:
    cleaned = item.get("cleaned")
    return HourRow(
        hour,
        epoch=int(item.get("epoch", 0)),
        dirty=int(item.get("dirty", 0)),
        cleaned=None if cleaned is None else int(cleaned),
        published=int(item.get("published", 0)),
        left=int(item.get("left", 0)),
    )
