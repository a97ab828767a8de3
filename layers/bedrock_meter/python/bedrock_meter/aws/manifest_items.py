"""The shape of a manifest, as JSON in S3 and as an item in DynamoDB: its fields by their names."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from bedrock_meter.aws.codec import UnknownShape
from bedrock_meter.domain.records.manifest import Manifest

_SHAPE = 1


def of_manifest(manifest: Manifest) -> dict[str, Any]:
    """Write a manifest."""
    lists = {"parts": list(manifest.parts), "former": list(manifest.former)}
    return manifest._asdict() | lists | {"shape": _SHAPE}


def manifest_in(item: Mapping[str, Any]) -> Manifest:
    """Read a manifest; raise `UnknownShape` when a newer release wrote it."""
    if item["shape"] != _SHAPE:
        raise UnknownShape(f"a manifest of shape {item['shape']}; this release reads {_SHAPE}")
    return Manifest(**{name: _value(item[name]) for name in Manifest._fields})


def _value(stored: Any) -> Any:
    """Return a field as a manifest has it: DynamoDB stores whole numbers as decimals."""
    if isinstance(stored, Decimal):
        return int(stored)
    return tuple(stored) if isinstance(stored, list) else stored
