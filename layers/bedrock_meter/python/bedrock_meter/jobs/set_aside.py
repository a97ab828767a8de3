"""Set a log object aside: an operator gives it up, and `data up to` no longer waits for it."""

from bedrock_meter.domain.errors import MeterError
from bedrock_meter.domain.log_object import LogObject
from bedrock_meter.domain.manifest import Manifest
from bedrock_meter.domain.manifest import set_aside as given_up
from bedrock_meter.jobs.ingest import IngestStores
from bedrock_meter.ports import HourTable


class CannotSetAside(MeterError):
    """The log object cannot be given up; the message says why."""


def set_aside(log_object: LogObject, reason: str, stores: IngestStores) -> None:
    """Note that a log object is not metered, and why; it is listed until somebody meters it.

    What a reading that died half-way has written of it is taken back: what is listed is in no
    total. Dying in between is harmless; giving it up once more does the rest.
    Raises `CannotSetAside` for an object that is metered, or being metered just now.
    """
    noted = stores.manifests.read(log_object.object_id)
    if noted and noted.manifest.settled:
        raise CannotSetAside(f"{log_object.key} is metered: there is nothing to give up")
    manifest = given_up(log_object, noted.manifest if noted else None, reason)
    if stores.manifests.put(manifest, noted.tag if noted else None) is None:
        raise CannotSetAside(f"{log_object.key} is being metered just now; look again in minutes")
    _take_back(log_object, manifest, stores)
    stores.live.keep_copy(manifest)
    stores.waits.met(
        one
        for one in stores.waits.waiting()
        if one.object_id == manifest.object_id and one.revision <= manifest.revision
    )


def _take_back(log_object: LogObject, manifest: Manifest, stores: IngestStores) -> None:
    """Leave no reject and no evidence; close again the hours that may have been closed with it."""
    for digest in manifest.former:
        stores.quarantine.put(log_object, digest, manifest.generation, [])
    for part in manifest.parts:
        stores.evidence.put_empty(part, manifest.object_id, manifest.generation)
    _ask_again(manifest, stores.hours)


def _ask_again(manifest: Manifest, hours: HourTable) -> None:
    progress = hours.progress()
    for hour in (*manifest.hours(), *manifest.neighbours()):
        if not progress.is_sealed(hour) and hours.row(hour).epoch:
            hours.ask(hour)
