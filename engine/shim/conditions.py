"""Conditions of policies: the partition keys a request names, and variables in the values.

The engine fills in no `dynamodb:LeadingKeys`, so that a role limited to its own items would be
allowed every item; and it takes `${aws:PrincipalTag/tenant}` for a plain text. Scan, transactions
and PartiQL name no leading keys here either; no policy of this project allows them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb

from engine.shim import guard

VARIABLE = re.compile(r"\$\{([^{}]+)\}")
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


def with_values(conditions: Any, context: Any) -> Any:
    """Conditions with their variables replaced; one that has no value stays and matches nothing."""
    if isinstance(conditions, dict):
        return {key: with_values(value, context) for key, value in conditions.items()}
    if isinstance(conditions, list):
        return [with_values(value, context) for value in conditions]
    if not isinstance(conditions, str):
        return conditions

    def value_of(found: re.Match[str]) -> str:
        value = iam_evaluator._resolve_condition_key(found[1], context)
        return value if isinstance(value, str) else found[0]

    return VARIABLE.sub(value_of, conditions)


def close() -> None:
    guard.expect(iam_evaluator._conditions_met, "15b4c24a03e3")
    met = iam_evaluator._conditions_met
    iam_evaluator._conditions_met = lambda conditions, context: met(
        with_values(conditions, context), context
    )

    guard.expect(iam_actions.dynamodb_service_context, "0f0021bdc8a3")
    stock = iam_actions.dynamodb_service_context

    def context_of(body: bytes) -> dict[str, Any]:
        context: dict[str, Any] = stock(body)
        if context and (keys := leading_keys(json.loads(body or b"{}"))):
            context["dynamodb:LeadingKeys"] = keys
        return context

    iam_actions.dynamodb_service_context = context_of
