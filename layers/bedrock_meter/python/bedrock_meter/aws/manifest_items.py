"""A manifest as JSON in S3 and as an item in DynamoDB: its fields by their names."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.records.schema import SCHEMA_VERSION, check_schema


def of_manifest(manifest: Manifest) -> dict[str, Any]:
    """Write a manifest."""
    return {**manifest._asdict(), "schema_version": SCHEMA_VERSION}


def manifest_in(item: Mapping[str, Any]) -> Manifest:
    """Read a manifest; raise `UnknownSchema` when another release wrote it.

    A field that comes later than an item has the default of `Manifest`.
    """
    check_schema(int(item.get("schema_version", 0)), "a manifest")
    return Manifest(**{name: _field(item[name]) for name in Manifest._fields if name in item})


def _field(value: Any) -> Any:
    """Return a value as a manifest holds it: DynamoDB has one kind of number, JSON of sequence."""
    if isinstance(value, Decimal):
        return int(value)
    return tuple(value) if isinstance(value, list) else value
