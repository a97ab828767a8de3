"""Bugs in the order of a few calls: they are left to the explorer, which tries all orders.

Like the mutations, each is a context manager that patches what is shipped.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

from bedrock_meter.domain.records.manifest import Manifest, announced, settled
from bedrock_meter.domain.records.waiting import read_anew
from bedrock_meter.domain.totals.hour_row import HourRow
from bedrock_meter.jobs import close_day, close_hour, ingest, set_aside, sweep_logs
from bedrock_meter.local.manifests import MemoryManifestStore
from bedrock_meter.local.objects import MemoryClosingStore
from bedrock_meter.local.waiting import MemoryWaitList
from bedrock_meter.ports import Noted
from simulate.patching import patched

type Bug = Callable[[], AbstractContextManager[None]]

CALL_ORDER_BUGS: dict[str, Bug] = {}


def _bug(name: str) -> Callable[[Bug], Bug]:
    def keep(bug: Bug) -> Bug:
        CALL_ORDER_BUGS[name] = bug
        return bug

    return keep


@_bug("publish before the month")
def _month_last() -> AbstractContextManager[None]:
    sum_months, advance, held = close_day.sum_months, close_day.advance, list[Any]()

    def later(*args: Any) -> None:
        held[:] = [args]

    def then(*args: Any) -> Any:
        for month in held:
            sum_months(*month)
        return advance(*args)

    return patched((close_day, "sum_months", later), (close_day, "advance", then))


@_bug("publish before the day")
def _day_last() -> AbstractContextManager[None]:
    sums = close_day.sum_days, close_day.sum_months
    advance, held = close_day.advance, list[Any]()

    def later(*args: Any) -> None:
        held[:] = [*held[-1:], args]

    def then(*args: Any) -> Any:
        for summed, period in zip(sums, held, strict=True):
            summed(*period)
        return advance(*args)

    return patched(
        (close_day, "sum_days", later),
        (close_day, "sum_months", later),
        (close_day, "advance", then),
    )


@_bug("a closing lost, and not read back")
def _no_read_back() -> AbstractContextManager[None]:
    announce = close_hour._announced

    class Kept:
        """A store that returns what was put last, not what is stored."""

        def __init__(self, closings: Any) -> None:
            self._closings = closings

        def newest(self, hour: Any) -> Any:
            return self._closings.newest(hour)

        def put(self, closing: Any) -> None:
            self._last = closing
            self._closings.put(closing)

        def read(self, hour: Any, epoch: int) -> Any:
            return self._last

    return patched(
        (close_hour, "_announced", lambda found, closings: announce(found, Kept(closings))),
        *_losing(),
    )


def first_closing_lost() -> AbstractContextManager[None]:
    """A store that loses the first closing: it takes a conflict for a closing that exists."""
    return patched(*_losing())


def _losing() -> list[tuple[object, str, object]]:
    begin, put = MemoryClosingStore.__init__, MemoryClosingStore.put

    def begin_losing(store: Any) -> None:
        begin(store)
        store.loses = True

    def lose(store: Any, closing: Any) -> None:
        if not store.loses:
            put(store, closing)
        store.loses = False

    return [(MemoryClosingStore, "__init__", begin_losing), (MemoryClosingStore, "put", lose)]


@_bug("manifest after evidence")
def _manifest_last() -> AbstractContextManager[None]:
    put_evidence, held = ingest.put_evidence, list[Any]()

    def announce(log_object: Any, found: Any, now: Any, stays: Any, stores: Any) -> Any:
        noted = stores.manifests.read(log_object.object_id)
        before = noted.manifest if noted else None
        if before and stays(before):
            return before, noted
        manifest = announced(log_object, found, before, now)
        if before and (before.settled or before.aside):
            stores.waits.wait([read_anew(manifest, now)])
        tag = noted.tag if noted else None
        held[:] = [stores.manifests, tag]
        return before, Noted(manifest, tag)

    def put(manifest: Manifest, *args: Any) -> None:
        put_evidence(manifest, *args)
        manifests, tag = held
        manifests.put(manifest, tag)

    return patched((ingest, "_announce", announce), (ingest, "put_evidence", put))


@_bug("settle without checking the tag")
def _settle_anyway() -> AbstractContextManager[None]:
    put = MemoryManifestStore.put

    def put_anyway(store: Any, manifest: Manifest, tag: str | None) -> str | None:
        if manifest.settled and not manifest.is_erased:
            store.manifests[manifest.object_id] = manifest
            return str(manifest.revision)
        return put(store, manifest, tag)

    return patched((MemoryManifestStore, "put", put_anyway))


@_bug("copy kept before settling")
def _copy_first() -> AbstractContextManager[None]:
    settle = ingest._settle

    def settle_late(noted: Noted, now: Any, stores: Any, *, is_live: bool) -> None:
        stores.live.keep_copy(settled(noted.manifest, is_live=is_live))
        settle(noted, now, stores, is_live=is_live)

    return patched((ingest, "_settle", settle_late))


def _copy_of_nothing() -> AbstractContextManager[None]:
    announce = ingest._announce

    class Early:
        """Manifests that are copied before they are put."""

        def __init__(self, stores: Any) -> None:
            self._manifests, self._live = stores.manifests, stores.live

        def read(self, object_id: str) -> Any:
            return self._manifests.read(object_id)

        def put(self, manifest: Manifest, tag: str | None) -> str | None:
            self._live.keep_copy(manifest)
            return self._manifests.put(manifest, tag)  # type: ignore[no-any-return]

    def announce_early(log_object: Any, found: Any, now: Any, stays: Any, stores: Any) -> Any:
        early = stores._replace(manifests=Early(stores))
        return announce(log_object, found, now, stays, early)

    return patched((ingest, "_announce", announce_early))


@_bug("whoever finishes clears the list")
def _clear_all() -> AbstractContextManager[None]:
    def met(store: Any, objects: Iterable[Any]) -> None:
        ids = {one.object_id for one in objects}
        store.objects = {key: one for key, one in store.objects.items() if key[0] not in ids}

    return patched((MemoryWaitList, "met", met))


@_bug("a second reading waits on no list")
def _wait_for_nobody() -> AbstractContextManager[None]:
    wait = MemoryWaitList.wait

    def wait_for_first(store: Any, objects: Iterable[Any]) -> None:
        wait(store, [one for one in objects if one.holds])

    return patched((MemoryWaitList, "wait", wait_for_first))


@_bug("the sweep copies no unfinished manifest")
def _no_copy() -> AbstractContextManager[None]:
    read_anew = sweep_logs._is_read_anew

    class Silent:
        def keep_copy(self, manifest: Manifest) -> None:
            """Keep nothing."""

    def without(one: Any, now: Any, stores: Any) -> bool:
        return read_anew(one, now, stores._replace(live=Silent()))

    return patched((sweep_logs, "_is_read_anew", without))


@_bug("only the copy is checked for being done")
def _copy_alone() -> AbstractContextManager[None]:
    stays = ingest._stays

    def stays_settled(before: Manifest, found: Any, progress: Any, *, is_live: bool) -> bool:
        return stays(before, found, progress, is_live=False)

    return patched((ingest, "_stays", stays_settled))


@_bug("an object given up is not taken back")
def _leave_it() -> AbstractContextManager[None]:
    return patched((set_aside, "_take_back", lambda *_: None))


HARMLESS: dict[str, Bug] = {
    "a plan takes hours that are being closed": lambda: patched(
        (HourRow, "is_being_closed", lambda *_: False)
    ),
    "a copy of what was not put": _copy_of_nothing,
}
"""Changes that only cost work: no order of calls leads to another result.

Two closes of an hour differ in their epochs. A copy that is not settled claims nothing: `ingest`
reads the manifest again, and so does the sweep (`_not_metered`, `_without_copy`).
"""
