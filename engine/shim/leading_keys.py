"""`dynamodb:LeadingKeys` holds the partition keys a request names; the engine does not fill it in.

A role limited to its own items by that condition would be allowed every item. Scan, transactions
and PartiQL name no leading keys here; no policy of this project allows them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from ministack.core import iam_actions
from ministack.services import dynamodb

from engine.shim import guard

EQUALS = re.compile(r"(#?\w+)\s*=\s*(:\w+)")


def leading_keys(request: dict[str, Any]) -> list[str]:
    """The partition key values a decoded request names."""
    values = [
        item.get(_partition_key(table)) for table, item in _items(request) if isinstance(item, dict)
    ]
    return [str(text) for value in values if value for text in value.values()]


def _items(request: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Table and key (or whole item) for each item named."""
    table = request.get("TableName", "")
    yield table, request.get("Key") or request.get("Item") or _condition(request)
    batches = request.get("RequestItems") or {}
    for name, batch in batches.items():
        for key in batch.get("Keys", []) if isinstance(batch, dict) else []:
            yield name, key
        for write in batch if isinstance(batch, list) else []:
            put, delete = write.get("PutRequest", {}), write.get("DeleteRequest", {})
            yield name, put.get("Item") or delete.get("Key")


def _condition(request: dict[str, Any]) -> dict[str, Any]:
    """What a query's key condition sets equal, as if it were an item."""
    names = request.get("ExpressionAttributeNames") or {}
    values = request.get("ExpressionAttributeValues") or {}
    found = EQUALS.findall(request.get("KeyConditionExpression") or "")
    return {names.get(name, name): values.get(value) for name, value in found}


def _partition_key(table: str) -> str:
    known = dynamodb._tables.get(table.rpartition("/")[2]) or {}
    schema = known.get("KeySchema", [])
    return next((str(key["AttributeName"]) for key in schema if key["KeyType"] == "HASH"), "")


def close() -> None:
    guard.expect(iam_actions.dynamodb_service_context, "0f0021bdc8a3")
    stock = iam_actions.dynamodb_service_context

    def context_of(body: bytes) -> dict[str, Any]:
        context: dict[str, Any] = stock(body)
        if context and (keys := leading_keys(json.loads(body or b"{}"))):
            context["dynamodb:LeadingKeys"] = keys
        return context

    iam_actions.dynamodb_service_context = context_of
