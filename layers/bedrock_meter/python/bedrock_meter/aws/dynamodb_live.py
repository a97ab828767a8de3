"""The Partials table: partials, boards, and quick copies of manifests.

| pk                | sk             | what                                              | ends    |
|-------------------|----------------|---------------------------------------------------|---------|
| `S#<slot>#<shard>`| `O#<object id>`| one log object's partial of a slot                | `ttl`   |
| `B#<hour>#<shard>`| `<slot>`       | the board of a slot, with its version             | `ttl`   |
| `L#<object id>`   | `OBJECT`       | a copy of a log object's manifest, field by field | `ttl`   |

What waits to be metered stands in the same table (dynamodb_waiting). The stream wakes the fold; its
filter is the `S#` of partials. Nothing deletes a partial: `ttl` counts from the time of writing.
The shard is 0 today.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

from bedrock_meter.aws.codec import (
    packed_board,
    packed_partial,
    unpacked_board,
    unpacked_partial,
)
from bedrock_meter.aws.dynamodb import get_all, put_if, query_all
from bedrock_meter.aws.manifest_items import manifest_in, of_manifest
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.time.hours import Hour, Slot, hour_of_slot
from bedrock_meter.domain.totals.board import Board
from bedrock_meter.domain.totals.partial import Partial

SHARD = 0
_PARTIAL, _BOARD, _OBJECT = "S#", "B#", "L#"
_LARGEST_BODY = 300 * 1024


class BodyStore(Protocol):
    """Where bodies go that are too large for an item."""

    def put(self, slot: Slot, object_id: str, version: int, body: bytes) -> None: ...

    def read(self, slot: Slot, object_id: str) -> bytes: ...


def moved_partial(pk: str, sk: str) -> tuple[Slot, str] | None:
    """Read the key of a stream record: the slot and log object of a partial, None for others."""
    if not pk.startswith(_PARTIAL):
        return None
    return Slot(pk.removeprefix(_PARTIAL).rsplit("#", 1)[0]), sk.removeprefix("O#")


class DynamoDbLiveTable:
    """`LiveTable` on DynamoDB. `clock` dates the expiry of items, nothing else."""

    def __init__(
        self,
        table: Any,
        *,
        bodies: BodyStore,
        clock: Callable[[], datetime],
        partials_kept: timedelta,
        objects_kept: timedelta,
    ) -> None:
        self._table = table
        self._bodies = bodies
        self._clock = clock
        self._partials_kept = partials_kept
        self._objects_kept = objects_kept

    def copy_of(self, object_id: str) -> Manifest | None:
        answer = self._table.get_item(Key=_object_key(object_id), ConsistentRead=True)
        return manifest_in(answer["Item"]) if "Item" in answer else None

    def keep_copy(self, manifest: Manifest) -> None:
        item = {
            **_object_key(manifest.object_id),
            **of_manifest(manifest),
            "ttl": self._until(self._objects_kept),
        }
        put_if(
            self._table.put_item,
            Item=item,
            ConditionExpression="attribute_not_exists(pk) OR revision <= :revision",
            ExpressionAttributeValues={":revision": manifest.revision},
        )

    def undone(self, object_ids: Iterable[str]) -> set[str]:
        asked = set(object_ids)
        found = get_all(
            self._table,
            map(_object_key, sorted(asked)),
            ProjectionExpression="object_id, settled, aside",
        )
        return asked - {item["object_id"] for item in found if item["settled"] or item["aside"]}

    def put_partial(self, partial: Partial) -> bool:
        body = packed_partial(partial)
        item = {
            **_partial_key(partial.slot, partial.object_id),
            "version": partial.version,
            "ttl": self._until(self._partials_kept),
        }
        if len(body) <= _LARGEST_BODY:
            item["body"] = body
        else:
            # Written before the item that points at it, so the pointer never dangles.
            self._bodies.put(partial.slot, partial.object_id, partial.version, body)
        return put_if(
            self._table.put_item,
            Item=item,
            ConditionExpression="attribute_not_exists(pk) OR version <= :version",
            ExpressionAttributeValues={":version": partial.version},
        )

    def partials_of(self, slot: Slot) -> list[Partial]:
        items = query_all(self._table, _slot_key(slot))
        return [self._partial(slot, item) for item in items]

    def _partial(self, slot: Slot, item: dict[str, Any]) -> Partial:
        object_id = item["sk"].removeprefix("O#")
        body = item["body"].value if "body" in item else self._bodies.read(slot, object_id)
        return unpacked_partial(object_id, slot, int(item["version"]), body)

    def board_of(self, slot: Slot) -> Board:
        answer = self._table.get_item(Key=_board_key(slot), ConsistentRead=True)
        return _board(answer["Item"]) if "Item" in answer else Board(slot, 0, {})

    def put_board(self, board: Board) -> bool:
        return put_if(
            self._table.put_item,
            Item={
                **_board_key(board.slot),
                "version": board.version,
                "body": packed_board(board),
                "ttl": self._until(self._partials_kept),
            },
            ConditionExpression="version = :before"
            if board.version > 1
            else "attribute_not_exists(pk)",
            **(
                {"ExpressionAttributeValues": {":before": board.version - 1}}
                if board.version > 1
                else {}
            ),
        )

    def boards_of(self, hour: Hour) -> list[Board]:
        return [_board(item) for item in query_all(self._table, f"{_BOARD}{hour}#{SHARD}")]

    def _until(self, kept: timedelta) -> int:
        return int((self._clock() + kept).timestamp())


def _slot_key(slot: Slot) -> str:
    return f"{_PARTIAL}{slot}#{SHARD}"


def _partial_key(slot: Slot, object_id: str) -> dict[str, str]:
    return {"pk": _slot_key(slot), "sk": f"O#{object_id}"}


def _board_key(slot: Slot) -> dict[str, str]:
    return {"pk": f"{_BOARD}{hour_of_slot(slot)}#{SHARD}", "sk": slot}


def _object_key(object_id: str) -> dict[str, str]:
    return {"pk": f"{_OBJECT}{object_id}", "sk": "OBJECT"}


def _board(item: dict[str, Any]) -> Board:
    return unpacked_board(Slot(item["sk"]), int(item["version"]), item["body"].value)
