"""Ask for new closes of hours of which evidence was written."""

from collections.abc import Iterable

from bedrock_meter.domain.hours import Hour, Part, beside, hour_of_part
from bedrock_meter.ports import HourTable


def ask_again(written: Iterable[Part], hours: HourTable) -> set[Hour]:
    """Ask for a new close of every hour that a close has begun on; name the published ones.

    It comes after the evidence is written: a close that begins later reads it anyway, one that
    began earlier is followed by another. Hours before `data up to` are asked for by name, since
    no plan will walk over them again; the first plan may have set that hour while this ingest was
    at work, so it is read only now. The hours beside edges may have held a twin. An hour may have
    become final in between: it is closed once more all the same.
    """
    progress = hours.progress()
    parts = set(written)
    touched = {hour_of_part(part) for part in parts}
    published = set()
    for hour in sorted(touched):
        row = hours.row(hour)
        if row.epoch or (progress.data_up_to and hour < progress.data_up_to):
            hours.ask(hour)
        if row.published:
            published.add(hour)
    near = {other for part in parts if (other := beside(part))}
    for hour in sorted(near - touched):
        if hours.row(hour).epoch:
            hours.ask(hour)
    return published
