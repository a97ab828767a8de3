"""Stores for months of hours: they hold counts where others hold bytes, and every call takes time.

An evidence file is a number; every fiftieth holds one call, so that totals can be checked, and all
of them take the time of the calls they represent. A tenant represents fifty.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import batched
from typing import Any

from bedrock_meter.domain.records.evidence import PRESENT, Evidence
from bedrock_meter.domain.records.manifest import Manifest
from bedrock_meter.domain.records.waiting import Waiting
from bedrock_meter.domain.time.hours import Day, Hour, Part, edges_of, hour_of_part, part_at
from bedrock_meter.domain.totals.rollup import ClosedCall
from bedrock_meter.domain.totals.total import DayTotal, HourTotal, Total
from bedrock_meter.local.objects import MemoryClosingStore
from bedrock_meter.local.usage import MemoryUsageTable
from bedrock_meter.local.waiting import MemoryWaitList
from bedrock_meter.ports import Closing, EvidenceFile, Noted
from simulate import costs
from simulate.costs import CostOf
from simulate.virtual_time import KILLED, Cost, Died, VirtualTime

CALLS_A_FILE = 20
FILE_BYTES = 3_000
"""What an evidence file represents."""
FILES_A_CALL = 50
"""How many files there are for each call that is really there."""
TENANTS = 4
TENANTS_EACH = 50
"""The number of tenants, and how many each of them represents: 200 in all."""

_NUMBERS = [f"{number:06d}" for number in range(20_000)]


class TimedStore:
    """A store whose calls take time, by a table of costs; calls that it omits take none."""

    def __init__(self, store: Any, prices: Mapping[str, CostOf], time: VirtualTime) -> None:
        self._store = store
        self._prices = prices
        self._time = time

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)
        price = self._prices.get(name)
        if price is None:
            return method

        def paid(*args: Any) -> Any:
            answer = method(*args)
            if isinstance(answer, Iterator):
                answer = list(answer)
            self._time.pay(price(args, answer))
            return answer

        return paid


class BulkEvidence:
    """`EvidenceStore`: how many files each part of an hour has.

    `lost` files are gone. Files of parts in `large` are so many times as large as others; those of
    `deadly` parts take more memory than there is.
    """

    def __init__(self, time: VirtualTime) -> None:
        self.counts: dict[Part, int] = {}
        self.lost: set[tuple[Part, str]] = set()
        self.large: dict[Part, int] = {}
        self.deadly: set[Part] = set()
        self._time = time

    def add(self, part: Part, files: int = 1) -> None:
        """Add the files of so many log objects with calls in a part of an hour."""
        self.counts[part] = self.counts.get(part, 0) + files

    def files(self, period: Hour | Part) -> list[EvidenceFile]:
        parts = [Part(period)] if len(period) > 13 else _parts_of(Hour(period))
        found = [file for part in parts for file in self._files(part)]
        self._time.pay(costs.pages("s3", len(found), costs.LISTED, costs.LIST_CPU))
        return found

    def _files(self, part: Part) -> list[EvidenceFile]:
        size = FILE_BYTES * self.large.get(part, 1)
        files = [EvidenceFile(part, name, size) for name in _NUMBERS[: self.counts.get(part, 0)]]
        return [file for file in files if file[:2] not in self.lost] if self.lost else files

    def read(self, file: EvidenceFile) -> Iterator[Evidence]:
        yield from _calls_in(file)

    def read_all(
        self, files: Sequence[EvidenceFile]
    ) -> Iterator[tuple[EvidenceFile, Iterable[Evidence]]]:
        calls = CALLS_A_FILE * sum(file.size for file in files) // FILE_BYTES
        with self._time.many_at_once(costs.SUMMED):
            cpu = len(files) * costs.FILE_CPU + calls * costs.CALL_CPU
            self._time.pay(Cost("s3", len(files), cpu))
        if self.deadly and any(file.part in self.deadly for file in files):
            raise Died(KILLED)
        yield from ((file, _calls_in(file)) for file in files)

    def hours(self) -> Iterator[Hour]:
        yield from sorted({hour_of_part(part) for part in self.counts})

    def calls(self, hour: Hour) -> int:
        """Count the calls of an hour, without those of lost files."""
        return sum(len(_calls_in(file)) for part in _parts_of(hour) for file in self._files(part))


def middle_of(hour: Hour) -> Part:
    """Return the part of an hour that closes of other hours do not read."""
    return part_at(hour, 30)


def _parts_of(hour: Hour) -> tuple[Part, ...]:
    first, last = edges_of(hour)
    return first, middle_of(hour), last


def _calls_in(file: EvidenceFile) -> tuple[Evidence, ...]:
    number = int(file.object_id)
    if number % FILES_A_CALL:
        return ()
    tenant = f"tenant-{number // FILES_A_CALL % TENANTS}"
    return (
        Evidence(
            1, f"{file.part}/{number}", f"{file.part}:30Z", "111122223333", "us-east-1", "Converse",
            "amazon.nova-lite-v1:0", "arn:aws:sts::111122223333:assumed-role/app/x",
            {"tenantId": tenant}, {"input_tokens": 900}, PRESENT, None, "standard", None, None,
            None, [],
        ),
    )  # fmt: skip


class BulkClosings(MemoryClosingStore):
    """`ClosingStore` in memory, the names of the files packed."""

    def __init__(self) -> None:
        super().__init__()
        self._packed: dict[Hour, dict[int, tuple[Closing, bytes]]] = {}

    def put(self, closing: Closing) -> None:
        names = zlib.compress("\n".join(closing.files).encode(), 1)
        kept = self._packed.setdefault(closing.hour, {})
        kept.setdefault(closing.epoch, (closing._replace(files=()), names))

    def newest(self, hour: Hour) -> Closing | None:
        epochs = self._packed.get(hour)
        return self.read(hour, max(epochs)) if epochs else None

    def read(self, hour: Hour, epoch: int) -> Closing | None:
        kept = self._packed.get(hour, {}).get(epoch)
        if kept is None:
            return None
        text = zlib.decompress(kept[1]).decode()
        return kept[0]._replace(files=tuple(text.split("\n")) if text else ())

    def retire(self, hour: Hour, before: int) -> None:
        """Keep closings: a lifecycle rule needs a day to delete them."""


class BulkRollups:
    """`RollupStore` that counts the calls of each hour."""

    def __init__(self) -> None:
        self.calls: dict[Hour, tuple[int, int]] = {}

    def put(self, hour: Hour, epoch: int, calls: Iterable[ClosedCall]) -> bool:
        stored = self.calls.get(hour)
        if stored and stored[0] > epoch:
            return False
        self.calls[hour] = (epoch, sum(1 for _ in calls))
        return True


class BulkUsage(MemoryUsageTable):
    """`UsageTable` in memory, hours by day; a tenant takes the time of those it represents."""

    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self._by_day: dict[tuple[str | None, Day], dict[Hour, HourTotal]] = {}
        self._time = time

    def put_hours(self, hour: Hour, epoch: int, totals: Mapping[str | None, Total]) -> None:
        with self._time.many_at_once(costs.WRITERS):
            puts = len(totals) * TENANTS_EACH
            self._time.pay(Cost("dynamodb", puts, puts * costs.PUT_CPU))
        for tenant, total in totals.items():
            hours = self._by_day.setdefault((tenant, Day(hour[:10])), {})
            if hour not in hours or hours[hour].epoch < epoch:
                hours[hour] = HourTotal(hour, epoch, total)

    def hours_in(self, tenant: str | None, day: Day) -> list[HourTotal]:
        hours = self._by_day.get((tenant, day), {})
        return [hours[hour] for hour in sorted(hours)]

    def days_in(self, tenant: str | None, month: str) -> list[DayTotal]:  # type: ignore[override]
        days = sorted(day for name, day in self._by_day if name == tenant and day[:7] == month)
        return [self.days[tenant, day] for day in days if (tenant, day) in self.days]

    def requests_in(self, hour: Hour) -> int:
        """Return the requests of an hour, summed over the closed hours of all tenants."""
        day = Day(hour[:10])
        return sum(
            hours[hour].total.requests
            for (_, one), hours in self._by_day.items()
            if one == day and hour in hours
        )


USAGE_COSTS = {
    name: (lambda args, answer, price=price: _times(TENANTS_EACH, price(args, answer)))
    if name != "put_top"
    else price
    for name, price in costs.USAGE.items()
}
"""What a call costs for one tenant that represents many."""


def _times(number: int, cost: Cost) -> Cost:
    return Cost(cost.kind, number * cost.requests, number * cost.cpu)


class BulkLive:
    """`LiveTable` as far as plans use it: which log objects are settled or set aside."""

    def __init__(self, time: VirtualTime) -> None:
        self.done: set[str] = set()
        self._time = time

    def undone(self, object_ids: Iterable[str]) -> set[str]:
        asked = set(object_ids)
        self._time.pay(
            costs.pages("dynamodb", len(asked), costs.LOOKED_UP, costs.LOOK_UP_CPU, least=0)
        )
        return asked - self.done

    def keep_copy(self, manifest: Manifest) -> None:
        if manifest.settled or manifest.aside:
            self.done.add(manifest.object_id)


class BulkManifests:
    """`ManifestStore`: objects that are settled or set aside have a manifest."""

    def __init__(self, live: BulkLive) -> None:
        self.aside: dict[str, Manifest] = {}
        self._live = live

    def read(self, object_id: str) -> Noted | None:
        if object_id in self.aside:
            return Noted(self.aside[object_id], "aside")
        if object_id not in self._live.done:
            return None
        return Noted(Manifest(object_id, "logs", "", "", 1, 1, settled=True), "settled")

    def put(self, manifest: Manifest, tag: str | None) -> str | None:
        assert manifest.aside, "only giving up writes manifests here"
        assert tag is None
        self.aside[manifest.object_id] = manifest
        return "aside"


class BulkWaits(MemoryWaitList):
    """`WaitList` in memory, written 25 objects at a time."""

    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self._time = time

    def wait(self, objects: Iterable[Waiting]) -> None:
        for some in batched(objects, costs.WRITTEN, strict=False):
            self._time.pay(Cost("dynamodb", 1, len(some) * costs.WRITE_CPU))
            super().wait(some)

    def met(self, objects: Iterable[Waiting]) -> None:
        for some in batched(objects, costs.WRITTEN, strict=False):
            self._time.pay(Cost("dynamodb", 1, len(some) * costs.WRITE_CPU))
            super().met(some)


class BulkQueue[Item]:
    """`IngestQueue` that delivers what is announced, ten at a time."""

    def __init__(self, time: VirtualTime, deliver: Callable[[Item], None]) -> None:
        self._time = time
        self._deliver = deliver

    def announce(self, log_objects: Iterable[Item]) -> None:
        for some in batched(log_objects, costs.SENT, strict=False):
            self._time.pay(Cost("sqs", 1, len(some) * costs.SEND_CPU))
            for item in some:
                self._deliver(item)
