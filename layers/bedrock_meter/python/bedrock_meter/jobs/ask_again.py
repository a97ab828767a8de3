"""Ask for new closes of the hours that a log object touched, once its evidence has changed."""

from collections.abc import Iterable

from bedrock_meter.domain.records.manifest import Manifest, hours_in
from bedrock_meter.domain.time.hours import Hour, Part
from bedrock_meter.ports import HourTable


def ask_again(manifest: Manifest, hours: HourTable, kept: Iterable[Part] = ()) -> set[Hour]:
    """Ask for a new close of every hour that a close has begun on; return the published ones.

    Called after the evidence is written: a close that begins later reads it anyway, one that began
    earlier is followed by another. Hours before `data up to` are asked for by name, since no plan
    walks over them again; the first plan may have set `data up to` while this ingest was running,
    so it is read only now. Neighbours of every edge ever touched may hold the same call, logged
    twice. Final hours are closed once more for what a reading `kept` of them before it died: that
    is evidence, whether a close has counted it or not.
    """
    progress, uncertain = hours.progress(), hours_in(kept)
    published = set()
    for hour in manifest.hours():
        row = hours.row(hour)
        if progress.is_sealed(hour) and hour not in uncertain:
            published.add(hour)
        elif row.epoch or (progress.data_up_to and hour < progress.data_up_to):
            hours.ask(hour)
        if row.published:
            published.add(hour)
    for hour in manifest.neighbours():
        if not progress.is_sealed(hour) and hours.row(hour).epoch:
            hours.ask(hour)
    return published
