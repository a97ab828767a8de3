"""The shape of a manifest, as JSON in S3 and as an item in DynamoDB: its fields by their names."""

from collections.abc import Mapping
from typing import Any

from bedrock_meter.aws.codec import UnknownShape
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.time.hours import Part

_SHAPE = 1


def of_manifest(manifest: Manifest) -> dict[str, Any]:
    """Write a manifest."""
    return {
        **manifest._asdict(),
        "parts": list(manifest.parts),
        "former": list(manifest.former),
        "shape": _SHAPE,
    }


def manifest_in(item: Mapping[str, Any]) -> Manifest:
    """Read a manifest; `UnknownShape` when a newer release wrote it."""
    if item["shape"] != _SHAPE:
        raise UnknownShape(f"a manifest of shape {item['shape']}; this release reads {_SHAPE}")
    return Manifest(
        object_id=item["object_id"],
        bucket=item["bucket"],
        key=item["key"],
        digest=item["digest"],
        version=int(item["version"]),
        generation=int(item["generation"]),
        parts=tuple(map(Part, item["parts"])),
        records=int(item["records"]),
        rejects=int(item["rejects"]),
        settled=item["settled"],
        is_live=item["is_live"],
        is_erased=item["is_erased"],
        first=int(item["first"]),
        former=tuple(item["former"]),
        aside=item["aside"],
        revision=int(item["revision"]),
        metered=item["metered"],
        restores=item["restores"],
    )
