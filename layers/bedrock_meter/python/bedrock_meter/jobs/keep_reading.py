"""Keep what a reading of a log object found: rejects, evidence, partials, under its own keys."""

from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

from bedrock_meter.domain.hours import Hour, Part, Slot, hour_of_part, hour_of_slot, slots_of_part
from bedrock_meter.domain.log_object import LogObject
from bedrock_meter.domain.manifest import Manifest
from bedrock_meter.domain.partial import Partial
from bedrock_meter.domain.quarantine import Reject
from bedrock_meter.ports import EvidenceStore, LiveTable, QuarantineStore

SEALED_HOUR = "sealed_hour"
"""The reason of records that came when their part of an hour was final."""


def keep_rejects(
    log_object: LogObject,
    manifest: Manifest,
    before: Manifest | None,
    rejects: list[Reject],
    quarantine: QuarantineStore,
) -> None:
    """Keep what was rejected; nothing rejected replaces what earlier readings may have kept."""
    put = quarantine.put
    for digest in manifest.former:
        put(log_object, digest, manifest.generation, [])
    if rejects or (before and (before.rejects or before.generation < manifest.generation)):
        put(log_object, manifest.digest, manifest.generation, rejects)


def kept_before(late: Iterable[Part], before: Manifest, evidence: EvidenceStore) -> set[Part]:
    """Name the final parts of which a reading that died half-way has kept evidence: it counts."""
    return {
        part
        for part in set(late).intersection(before.parts)
        if any(file.object_id == before.object_id for file in evidence.files(part))
    }


def put_evidence(
    manifest: Manifest,
    parts: Iterable[Part],
    files: Mapping[Part, BinaryIO],
    evidence: EvidenceStore,
) -> None:
    """Write each part's file; an empty one for a part that the object no longer touches."""
    for part in parts:
        if part in files:
            evidence.put(part, manifest.object_id, manifest.generation, files[part])
        else:
            evidence.put_empty(part, manifest.object_id, manifest.generation)


def put_partials(
    partials: Iterable[Partial],
    manifest: Manifest,
    slots: set[Slot],
    live: LiveTable,
    *,
    is_other: bool,
) -> None:
    """Write partials for the slots named, which nobody reads from closed totals yet.

    Where this reading `is_other` than one before, slots that only that one touched become empty.
    """
    left = set(slots)
    for partial in partials:
        if partial.slot in left:
            live.put_partial(partial._replace(version=manifest.generation))
            left.remove(partial.slot)
    for slot in sorted(left) if is_other else ():
        live.put_partial(Partial(manifest.object_id, slot, manifest.generation, ()))


def slots_to_write(parts: Iterable[Part], published: set[Hour]) -> set[Slot]:
    """Name the slots of parts whose hours nobody reads from closed totals yet."""
    slots = {slot for part in parts for slot in slots_of_part(part)}
    return {slot for slot in slots if hour_of_slot(slot) not in published}


def rejects_of(log_object: LogObject, digest: str, final: Iterable[Part]) -> Iterator[Reject]:
    """Reject what lies in parts of hours that are final, as one reject an hour."""
    for hour in sorted({hour_of_part(part) for part in final}):
        yield Reject(log_object.object_id, 0, 0, 0, digest, SEALED_HOUR, {"hour": hour})
