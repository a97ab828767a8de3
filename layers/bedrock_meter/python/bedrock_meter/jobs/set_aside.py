"""Set a log object aside: an operator gives it up, and `data up to` no longer waits for it.

What a reading that died half-way has written is removed first: a log object that is listed as not
metered is part of no total.
"""

from datetime import datetime

from bedrock_meter.domain.records.errors import MeterError
from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.manifest import Manifest, taken_back
from bedrock_meter.domain.records.manifest import set_aside as given_up
from bedrock_meter.domain.time.hours import hour_of_part
from bedrock_meter.jobs.ask_again import ask_again
from bedrock_meter.jobs.ingest import IngestStores
from bedrock_meter.ports import Noted


class CannotSetAside(MeterError):
    """The log object cannot be set aside; the message says why."""


def set_aside(log_object: LogObject, reason: str, *, now: datetime, stores: IngestStores) -> None:
    """Note that a log object is not metered, and why; it is listed until it is metered.

    Raise `CannotSetAside` for an object that is metered, or is being metered now. After a crash the
    object still waits; setting it aside again finishes the work.
    """
    noted = stores.manifests.read(log_object.object_id)
    if noted and noted.manifest.settled:
        raise CannotSetAside(f"{log_object.key} is metered: there is nothing to give up")
    if noted and noted.manifest.generation:
        noted = _put(taken_back(noted.manifest, now), noted, stores)
        _take_back(log_object, noted.manifest, stores)
    manifest = given_up(log_object, noted.manifest if noted else None, reason)
    _put(manifest, noted, stores)
    stores.live.keep_copy(manifest)
    stores.waits.met(
        one
        for one in stores.waits.waiting()
        if one.object_id == manifest.object_id and one.revision <= manifest.revision
    )


def _put(manifest: Manifest, noted: Noted | None, stores: IngestStores) -> Noted:
    tag = stores.manifests.put(manifest, noted.tag if noted else None)
    if tag is None:
        raise CannotSetAside(f"{manifest.key} is being metered just now; look again in minutes")
    return Noted(manifest, tag)


def _take_back(log_object: LogObject, manifest: Manifest, stores: IngestStores) -> None:
    """Remove the object from evidence and quarantine, except from hours that are final."""
    progress = stores.hours.progress()
    for digest in manifest.former:
        stores.quarantine.put(log_object, digest, manifest.generation, [])
    for part in manifest.parts:
        if not progress.is_sealed(hour_of_part(part)):
            stores.evidence.put_empty(part, manifest.object_id, manifest.generation)
    ask_again(manifest, stores.hours)
