"""The Hours table: the life of each hour, and up to where all of them are published.

| pk               | attributes                                                      |
|------------------|-----------------------------------------------------------------|
| `<hour>#<shard>` | `epoch, dirty, cleaned, published, left`, `due` while asked for |
| `STATE`          | `data_up_to, beyond, sealed, sealing, sealing_since`            |

Index `due` (hash `due`, range `pk`) holds only the hours that wait for a close.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key

from bedrock_meter.aws.dynamodb import Item, get_all, item_at, put_if, query_all, update_if
from bedrock_meter.aws.shard import SHARD
from bedrock_meter.domain.records.errors import Contended
from bedrock_meter.domain.time.hours import Hour, milliseconds_of, parse_time, text_of
from bedrock_meter.domain.totals.hour_row import HourRow, Mark, Progress

INDEX = "due"
_DUE = "due"
_STATE = {"pk": "STATE"}
_CLEAN = {"#due": "due"}


class DynamoDbHourTable:
    """`HourTable` on DynamoDB."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def row(self, hour: Hour) -> HourRow:
        return _row(hour, item_at(self._table, _key(hour)) or {})

    def rows(self, hours: Iterable[Hour]) -> dict[Hour, HourRow]:
        asked = dict.fromkeys(hours)  # a batch may name no key twice
        found = {item["pk"]: item for item in get_all(self._table, map(_key, asked))}
        return {hour: _row(hour, found.get(_key(hour)["pk"], {})) for hour in asked}

    def ask(self, hour: Hour) -> None:
        # One more is a new number, whatever it was: asking twice makes an hour due, as once does.
        self._table.update_item(
            Key=_key(hour),
            UpdateExpression="SET dirty = if_not_exists(dirty, :none) + :one, #due = :due",
            ExpressionAttributeNames=_CLEAN,
            ExpressionAttributeValues={":none": 0, ":one": 1, ":due": _DUE},
        )

    def mark(self, hour: Hour, now: datetime) -> Mark:
        epoch = milliseconds_of(now)
        is_first = Attr("epoch").not_exists() | Attr("epoch").lt(epoch)
        before = self._begin(hour, ":number", epoch, is_first)
        if before is not None:
            return _mark(before, epoch)
        # A clock that is behind must not stop a close: one above the last epoch is higher too.
        before = self._begin(hour, "epoch + :number", 1, Attr("epoch").exists())
        if before is None:
            raise Contended(f"the row of hour {hour} appeared and vanished while it was marked")
        return _mark(before, before.epoch + 1)

    def _begin(self, hour: Hour, epoch: str, number: int, where: ConditionBase) -> HourRow | None:
        """Put an epoch if the condition holds; return the row as it was before."""
        before = update_if(
            self._table,
            returned="ALL_OLD",
            Key=_key(hour),
            UpdateExpression=f"SET epoch = {epoch}, dirty = if_not_exists(dirty, :none)",
            ConditionExpression=where,
            ExpressionAttributeValues={":number": number, ":none": 0},
        )
        return None if before is None else _row(hour, before)

    def finish(self, mark: Mark) -> bool:
        values = {":seen": mark.seen, ":epoch": mark.epoch}
        cleaned = "SET cleaned = :seen, published = :epoch"
        is_own, key = Attr("epoch").eq(mark.epoch), _key(mark.hour)
        is_seen = is_own & Attr("dirty").eq(mark.seen)
        # Asked again meanwhile: what was seen is published, and the hour stays due.
        return self._update(
            key, cleaned + " REMOVE #due", is_seen, values, ExpressionAttributeNames=_CLEAN
        ) or self._update(key, cleaned, is_own, values)

    def keep_published(self, row: HourRow) -> bool:
        is_same = Attr("epoch").eq(row.epoch) & Attr("dirty").eq(row.dirty)
        update, values = "SET cleaned = :dirty REMOVE #due", {":dirty": row.dirty}
        key = _key(row.hour)
        return self._update(key, update, is_same, values, ExpressionAttributeNames=_CLEAN)

    def leave(self, mark: Mark) -> None:
        self._update(
            _key(mark.hour),
            "SET #left = :epoch",
            Attr("epoch").eq(mark.epoch),
            {":epoch": mark.epoch},
            ExpressionAttributeNames={"#left": "left"},
        )

    def due(self) -> list[Hour]:
        asked = Key("due").eq(_DUE)
        index = {"IndexName": INDEX, "KeyConditionExpression": asked, "ConsistentRead": False}
        items = query_all(self._table, _DUE, **index)
        return sorted(Hour(item["pk"].rsplit("#", 1)[0]) for item in items)

    def progress(self) -> Progress:
        item = item_at(self._table, _STATE) or {}
        data_up_to = item.get("data_up_to")
        beyond = (Hour(hour) for hour in item.get("beyond", ()))
        # One noted while `data_up_to` moved past it may still be in the set.
        still = frozenset(hour for hour in beyond if hour >= (data_up_to or hour))
        since = item.get("sealing_since")
        sealing = (item.get("sealing"), parse_time(since) if since else None)
        return Progress(data_up_to, still, item.get("sealed"), *sealing)

    def begin_at(self, hour: Hour) -> Hour:
        is_first = Attr("data_up_to").not_exists()
        begun = self._update(_STATE, "SET data_up_to = :hour", is_first, {":hour": hour})
        return hour if begun else self.progress().data_up_to or hour

    def note_published(self, hour: Hour) -> None:
        # A set is united, not incremented: a second time it is the same set.
        is_beyond = Attr("data_up_to").not_exists() | Attr("data_up_to").lte(hour)
        self._update(_STATE, "ADD beyond :hours", is_beyond, {":hours": {hour}})

    def advance(self, hour: Hour) -> None:
        passed = {one for one in self.progress().beyond if one < hour}
        deletes = " DELETE beyond :passed" if passed else ""
        values = {":hour": hour, **({":passed": passed} if passed else {})}
        update = "SET data_up_to = :hour" + deletes
        self._update(_STATE, update, Attr("data_up_to").lt(hour), values)

    def begin_sealing(self, hour: Hour, now: datetime) -> None:
        is_later = Attr("sealing").not_exists() | Attr("sealing").lt(hour)
        values = {":hour": hour, ":now": text_of(now)}
        self._update(_STATE, "SET sealing = :hour, sealing_since = :now", is_later, values)

    def seal(self, hour: Hour) -> None:
        is_later = Attr("sealed").not_exists() | Attr("sealed").lt(hour)
        self._update(_STATE, "SET sealed = :hour", is_later, {":hour": hour})

    def _update(
        self, key: Item, update: str, condition: ConditionBase, values: Item, **request: Any
    ) -> bool:
        return put_if(
            self._table.update_item,
            Key=key,
            UpdateExpression=update,
            ConditionExpression=condition,
            ExpressionAttributeValues=values,
            **request,
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
