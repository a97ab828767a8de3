"""Bugs that are more than one wrong line: a job's steps in another order, or a step left out.

Each function returns a context manager; inside it the meter has the bug.
"""

import gzip
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from io import BytesIO
from typing import Any, BinaryIO

from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.records.tenant import POOLED
from bedrock_meter.domain.time.hours import Hour, Part
from bedrock_meter.domain.totals.correction import corrections_for
from bedrock_meter.domain.totals.total import EMPTY, Total
from bedrock_meter.domain.totals.valuation import Valuation
from bedrock_meter.jobs import close_day, close_hour, decide, derive_calls, fold_slot, ingest
from bedrock_meter.jobs import read_spend as reading
from bedrock_meter.jobs.ask_again import ask_again
from bedrock_meter.jobs.derive_calls import files_of
from bedrock_meter.jobs.keep_reading import put_evidence, put_partials
from bedrock_meter.local.usage import MemoryUsageTable
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.reading import reading_of
from bedrock_meter.ports import HourTable
from simulate import readings
from simulate.content import packed
from simulate.patching import patched


class _LateReach:
    """The published hours, asked for at first use."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask

    def __getattr__(self, name: str) -> Any:
        self.__dict__.update(self._ask()._asdict())
        return self.__dict__[name]


def _ask_nobody(manifest: Manifest, hours: HourTable, *_: Any) -> set[Hour]:
    return {hour for hour in manifest.hours() if hours.row(hour).published}


def inner_of(manifest: Manifest) -> Manifest:
    """Return hours by their middle, which has no neighbour."""
    return manifest._replace(parts=tuple(Part(f"{hour}:15") for hour in manifest.hours()))


def no_check() -> AbstractContextManager[None]:
    """A close does not check again whether a newer one has begun."""

    close = close_hour.close_hour

    class Blind:
        """Hours that no other close ever seems to take."""

        def __init__(self, hours: HourTable) -> None:
            self._hours = hours
            self.leave = hours.leave

        def mark(self, hour: Hour, now: Any) -> Any:
            self._mark = self._hours.mark(hour, now)
            return self._mark

        def row(self, hour: Hour) -> Any:
            return self._hours.row(hour)._replace(epoch=self._mark.epoch)

    def close_blindly(hour: Hour, *, hours: HourTable, **ports: Any) -> Any:
        return close(hour, hours=Blind(hours), **ports)

    return patched((close_hour, "close_hour", close_blindly))


def all_or_nothing() -> AbstractContextManager[None]:
    """A day is published when all its hours are closed, however long that takes."""

    def close_all(
        day: Any, due: Iterable[Hour], hold: Hour, *, remaining: Any, close: Any, **more: Any
    ) -> close_day.ClosedDay:
        worker = close_day._Worker(day, hold, remaining, close, *more.values())
        publish, worker.publish = worker.publish, lambda: None  # type: ignore[method-assign]
        for hour in due:
            worker.close(hour, files_of(hour, more["stores"].evidence).load())
        publish()
        return close_day.ClosedDay(tuple(worker.published), (), worker.failed, worker.findings)

    return patched((close_day, "close_day", close_all))


def edges_now() -> AbstractContextManager[None]:
    """Only edges that the evidence of a log object touches now have neighbours."""

    held = threading.local()

    def put(manifest: Manifest, files: Any, *more: Any) -> None:
        held.now = manifest._replace(parts=tuple(sorted(files)))
        put_evidence(manifest, files, *more)

    def ask(manifest: Manifest, hours: HourTable, *more: Any) -> set[Hour]:
        return ask_again(held.now, hours, *more) | ask_again(inner_of(manifest), hours)

    return patched((ingest, "put_evidence", put), (ingest, "ask_again", ask))


def item_first() -> AbstractContextManager[None]:
    """A reader reads items first, and the published hours afterwards."""

    reach_at = reading.reach_at

    def later(*args: Any, **kwargs: Any) -> Any:
        return _LateReach(lambda: reach_at(*args, **kwargs))

    return patched((reading, "reach_at", later))


def question_first() -> AbstractContextManager[None]:
    """Hours are asked for before their evidence is written."""

    held = threading.local()

    def hold(*args: Any) -> None:
        held.args = args

    def ask(*args: Any) -> set[Hour]:
        published = ask_again(*args)
        put_evidence(*held.args)
        return published

    return patched((ingest, "put_evidence", hold), (ingest, "ask_again", ask))


def partial_first() -> AbstractContextManager[None]:
    """The live lane shows calls whose evidence is not stored yet."""

    held = threading.local()

    def hold(*args: Any) -> None:
        held.args = args

    def partials_first(*args: Any, **more: Any) -> None:
        put_partials(*args, **more)
        put_evidence(*held.args)

    return patched((ingest, "put_evidence", hold), (ingest, "put_partials", partials_first))


def stream_asks() -> AbstractContextManager[None]:
    """Hours are asked for when their slot totals change."""

    known: dict[str, HourTable] = {}
    fold = fold_slot._fold

    def ask_nobody(manifest: Manifest, hours: HourTable, *_: Any) -> set[Hour]:
        known["hours"] = hours
        return _ask_nobody(manifest, hours)

    def fold_and_ask(slot: Any, *rest: Any) -> Any:
        tenants = fold(slot, *rest)
        if known["hours"].row(Hour(slot[:13])).epoch:
            known["hours"].ask(Hour(slot[:13]))
        return tenants

    return patched((ingest, "ask_again", ask_nobody), (fold_slot, "_fold", fold_and_ask))


def corrections_from_totals() -> AbstractContextManager[None]:
    """Corrections begin at the totals that a close found stored."""

    before: dict[tuple[Hour, int], dict[str | None, Total]] = {}
    put_hours, begin = MemoryUsageTable.put_hours, MemoryUsageTable.__init__

    def forget(table: Any) -> None:
        before.clear()
        begin(table)

    def remember(table: Any, hour: Hour, epoch: int, totals: Mapping[str | None, Total]) -> None:
        for tenant in totals:
            stored = table.hours.get((tenant, hour))
            old = stored.total if stored else EMPTY
            before.setdefault((hour, epoch), {}).setdefault(tenant, old)
        put_hours(table, hour, epoch, totals)

    def publish(closed: Any, *, closings: Any, hours: Any) -> bool:
        mark, new = closed.mark, closed.closing.totals
        if mark.published and mark.published != mark.epoch:
            old = before.get((mark.hour, mark.epoch), {})
            changes = corrections_for(mark.hour, mark.published, old, mark.epoch, new)
            closings.put_corrections(mark.hour, mark.published, mark.epoch, list(changes))
        if not hours.finish(mark):
            return False
        hours.note_published(mark.hour)
        if mark.published:
            closings.retire(mark.hour, mark.epoch)
        return True

    return patched(
        (MemoryUsageTable, "__init__", forget),
        (MemoryUsageTable, "put_hours", remember),
        (close_day, "publish_hour", publish),
    )


def pool_lost() -> AbstractContextManager[None]:
    """The pooled ids of an hour are left out."""

    shipped = derive_calls.pooled

    def without_pool(*given: Any) -> Mapping[str | None, Total]:
        return {name: total for name, total in shipped(*given).items() if name != POOLED}

    return patched((derive_calls, "pooled", without_pool))


def policy_first() -> AbstractContextManager[None]:
    """A close reads policy and book before it marks the hour."""

    close = close_hour.close_hour

    def close_too_early(hour: Hour, *, valuation_for: Any, **ports: Any) -> Any:
        valuation = valuation_for(hour)
        return close(hour, valuation_for=lambda _: valuation, **ports)

    return patched((close_hour, "close_hour", close_too_early))


def ask_first() -> AbstractContextManager[None]:
    """Hours are asked for before the decision is written."""

    shipped = decide.decide

    class Later:
        def append(self, decision: Any) -> None:
            self.decision = decision

        def unasked(self, _kind: str) -> tuple[Any, ...]:
            return (self.decision,)

        def note_asked(self, _decision: Any) -> None:
            """It is written after this."""

    def decided(decision: Any, *, decisions: Any, **ports: Any) -> Any:
        later: Any = Later()
        begun = shipped(decision, decisions=later, **ports)
        decisions.append(decision)
        decisions.note_asked(decision)
        return begun

    return patched((decide, "decide", decided))


@contextmanager
def evidence_by_policy() -> Iterator[None]:
    """Evidence keeps only the metadata that the current policy reads a tenant from."""

    def by_policy(
        body: BinaryIO, log_object: LogObject, valuation: Valuation, callers: Callers
    ) -> Any:
        lines = gzip.decompress(body.read()).splitlines()
        seen = packed([_known_to(callers, line) for line in lines])
        return reading_of(BytesIO(seen), log_object, valuation, callers)

    readings._found.cache_clear()
    with patched((readings, "reading_of", by_policy)):
        yield
    readings._found.cache_clear()


def _known_to(callers: Callers, line: bytes) -> bytes:
    """Leave out metadata from which a policy reads no tenant."""
    try:
        record = json.loads(line)
    except ValueError:
        return line
    metadata = record.pop("requestMetadata", None)
    if metadata is None:
        return line
    known = callers.plan(tuple(metadata)).tenants
    record["requestMetadata"] = {key: metadata[key] for key in known}
    return json.dumps(record).encode()
