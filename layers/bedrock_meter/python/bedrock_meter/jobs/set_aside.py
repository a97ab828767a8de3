"""Set a log object aside: an operator gives it up, and `data up to` no longer waits for it."""

from typing import NamedTuple

from bedrock_meter.domain.errors import MeterError
from bedrock_meter.domain.log_object import LogObject
from bedrock_meter.domain.manifest import set_aside as given_up
from bedrock_meter.ports import LiveTable, ManifestStore, WaitList


class CannotSetAside(MeterError):
    """The log object cannot be given up; the message says why."""


class AsideStores(NamedTuple):
    """What giving a log object up writes to."""

    manifests: ManifestStore
    live: LiveTable
    waits: WaitList


def set_aside(log_object: LogObject, reason: str, stores: AsideStores) -> None:
    """Note that a log object is not metered, and why; it is listed until somebody meters it.

    Raises `CannotSetAside` for an object that is metered, or being metered just now.
    """
    noted = stores.manifests.read(log_object.object_id)
    if noted and noted.manifest.settled:
        raise CannotSetAside(f"{log_object.key} is metered: there is nothing to give up")
    manifest = given_up(log_object, noted.manifest if noted else None, reason)
    if stores.manifests.put(manifest, noted.tag if noted else None) is None:
        raise CannotSetAside(f"{log_object.key} is being metered just now; look again in minutes")
    stores.live.keep_copy(manifest)
    waiting = stores.waits.waiting()
    stores.waits.met(one for one in waiting if one.object_id == log_object.object_id)
