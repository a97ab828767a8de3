"""The Partials table: partials, slot totals, and quick copies of manifests.

| pk                | sk             | what                                              | ends    |
|-------------------|----------------|---------------------------------------------------|---------|
| `S#<slot>#<shard>`| `O#<object id>`| one log object's partial of a slot                | `ttl`   |
| `B#<hour>#<shard>`| `<slot>`       | the totals of a slot, with their version          | `ttl`   |
| `L#<object id>`   | `OBJECT`       | a copy of a log object's manifest, field by field | `ttl`   |

What waits to be metered is in the same table (dynamodb_waiting). The stream starts the fold; its
filter is the `S#` of partials. Nothing deletes a partial: `ttl` counts from the time of writing.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, Protocol

from bedrock_meter.aws.codec import (
    packed_partial,
    packed_slot_totals,
    unpacked_partial,
    unpacked_slot_totals,
)
from bedrock_meter.aws.dynamodb import get_all, item_at, put_if, put_next, query_all
from bedrock_meter.aws.manifest_items import manifest_in, of_manifest
from bedrock_meter.aws.shard import SHARD
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.time.hours import Hour, Slot, hour_of_slot
from bedrock_meter.domain.totals.live import SlotTotals
from bedrock_meter.domain.totals.partial import Partial

_PARTIAL, _SLOT_TOTALS, _OBJECT, OF_OBJECT = "S#", "B#", "L#", "O#"
_LARGEST_BODY = 300 * 1024
_PART = 4
"""Bytes of a part in slot totals."""


class BodyStore(Protocol):
    """Where bodies go that are too large for an item."""

    def put(self, slot: Slot, object_id: str, version: int, body: bytes) -> None: ...

    def read(self, slot: Slot, object_id: str) -> bytes: ...


def moved_partial(pk: str, sk: str) -> tuple[Slot, str] | None:
    """Read the key of a stream record: the slot and log object of a partial, None for others."""
    if not pk.startswith(_PARTIAL):
        return None
    return Slot(pk.removeprefix(_PARTIAL).rsplit("#", 1)[0]), sk.removeprefix(OF_OBJECT)


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
        item = item_at(self._table, _object_key(object_id))
        return manifest_in(item) if item else None

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

    def partials_at(self, slot: Slot, object_ids: Iterable[str]) -> list[Partial]:
        keys = (_partial_key(slot, object_id) for object_id in sorted(object_ids))
        return [self._partial(slot, item) for item in get_all(self._table, keys)]

    def _partial(self, slot: Slot, item: dict[str, Any]) -> Partial:
        object_id = item["sk"].removeprefix(OF_OBJECT)
        body = item["body"].value if "body" in item else self._bodies.read(slot, object_id)
        return unpacked_partial(object_id, slot, int(item["version"]), body)

    def totals_of_slot(self, slot: Slot) -> SlotTotals:
        item = item_at(self._table, _slot_totals_key(slot))
        return _slot_totals(item) if item else SlotTotals(slot, 0, {})

    def put_slot_totals(self, totals: SlotTotals) -> bool:
        item = {
            **_slot_totals_key(totals.slot),
            "version": totals.version,
            "body": packed_slot_totals(totals),
            "parts": b"".join(part.to_bytes(_PART) for part in sorted(totals.parts)),
            "added": totals.added,
            "ttl": self._until(self._partials_kept),
        }
        return put_next(self._table, item)

    def slot_totals_of(self, hour: Hour) -> list[SlotTotals]:
        return list(map(_slot_totals, query_all(self._table, f"{_SLOT_TOTALS}{hour}#{SHARD}")))

    def _until(self, kept: timedelta) -> int:
        return int((self._clock() + kept).timestamp())


def _slot_key(slot: Slot) -> str:
    return f"{_PARTIAL}{slot}#{SHARD}"


def _partial_key(slot: Slot, object_id: str) -> dict[str, str]:
    return {"pk": _slot_key(slot), "sk": f"{OF_OBJECT}{object_id}"}


def _slot_totals_key(slot: Slot) -> dict[str, str]:
    return {"pk": f"{_SLOT_TOTALS}{hour_of_slot(slot)}#{SHARD}", "sk": slot}


def _object_key(object_id: str) -> dict[str, str]:
    return {"pk": f"{_OBJECT}{object_id}", "sk": "OBJECT"}


def _slot_totals(item: dict[str, Any]) -> SlotTotals:
    totals = unpacked_slot_totals(Slot(item["sk"]), int(item["version"]), item["body"].value)
    parts = batched(item["parts"].value, _PART)
    return totals._replace(
        parts=frozenset(int.from_bytes(part) for part in parts), added=int(item["added"])
    )
