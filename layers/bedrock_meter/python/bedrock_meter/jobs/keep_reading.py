"""Keep what a reading of a log object found: rejects, evidence, partials, under its own keys."""

from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO

from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.time.hours import Hour, Part, hour_of_part, hour_of_slot, slots_of_part
from bedrock_meter.domain.totals.hour_row import Progress
from bedrock_meter.domain.totals.partial import Partial
from bedrock_meter.ports import EvidenceStore, LiveTable, QuarantineStore

SEALED_HOUR = "sealed_hour"
"""The reason of records whose hour an operator has made final."""


def keep_rejects(
    log_object: LogObject,
    manifest: Manifest,
    before: Manifest | None,
    rejects: list[Reject],
    quarantine: QuarantineStore,
) -> None:
    """Keep what was rejected; an empty list replaces what earlier readings may have kept."""
    put = quarantine.put
    for digest in manifest.former:
        put(log_object, digest, manifest.generation, [])
    is_other = manifest.first < manifest.version or (
        before is not None and (before.rejects or before.generation < manifest.generation)
    )
    if rejects or is_other:
        put(log_object, manifest.digest, manifest.generation, rejects)


def kept_before(late: Iterable[Part], before: Manifest, evidence: EvidenceStore) -> set[Part]:
    """Return the final parts of which a reading that died has kept evidence, which counts.

    An empty file is no evidence: a call moved away from that part, or the object was given up.
    """
    return {
        part
        for part in sorted(set(late).intersection(before.parts))
        for file in evidence.files(part)
        if file.object_id == before.object_id and any(True for _ in evidence.read(file))
    }


def put_evidence(
    manifest: Manifest, files: Mapping[Part, BinaryIO], progress: Progress, evidence: EvidenceStore
) -> None:
    """Write each part's file; an empty one for a part that the object no longer touches.

    Files of final hours stay as they are: the totals were made of them.
    """
    for part in filter(progress.takes, manifest.parts):
        if part in files:
            evidence.put(part, manifest.object_id, manifest.generation, files[part])
        else:
            evidence.put_empty(part, manifest.object_id, manifest.generation)


def put_partials(
    partials: Iterable[Partial],
    parts: Iterable[Part],
    manifest: Manifest,
    published: set[Hour],
    live: LiveTable,
    *,
    is_other: bool,
) -> None:
    """Write partials of these parts, for hours that are not published yet.

    Where an earlier reading differed (`is_other`), slots that only that one touched become empty.
    """
    slots = {slot for part in parts for slot in slots_of_part(part)}
    todo = {slot for slot in slots if hour_of_slot(slot) not in published}
    for one in partials:
        if one.slot in todo:
            live.put_partial(one._replace(version=manifest.generation))
            todo.remove(one.slot)
    for slot in sorted(todo) if is_other else ():
        live.put_partial(Partial(manifest.object_id, slot, manifest.generation, ()))


def rejects_of(log_object: LogObject, digest: str, parts: Iterable[Part]) -> Iterator[Reject]:
    """Reject what belongs to final hours, with one reject for each hour."""
    for hour in sorted(set(map(hour_of_part, parts))):
        yield Reject(log_object.object_id, 0, 0, 0, digest, SEALED_HOUR, {"hour": hour})
