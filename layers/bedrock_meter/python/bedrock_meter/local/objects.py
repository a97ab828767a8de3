"""The stores of the data bucket in memory."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import BinaryIO

from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.quarantine import Reject, Rejected
from bedrock_meter.domain.time.hours import Hour, Part, hour_of_part
from bedrock_meter.domain.totals.completeness import THROTTLED
from bedrock_meter.domain.totals.correction import Correction
from bedrock_meter.domain.totals.rollup import ClosedCall
from bedrock_meter.logs.spool import empty_evidence, evidence_in
from bedrock_meter.ports import Closing, EvidenceFile


class MemoryEvidenceStore:
    """`EvidenceStore`: the bytes of evidence files with the generation that wrote them."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Part, str], tuple[int, bytes]] = {}

    def put(self, part: Part, object_id: str, generation: int, body: BinaryIO) -> bool:
        body.seek(0)
        return self._put(part, object_id, generation, body.read())

    def put_empty(self, part: Part, object_id: str, generation: int) -> bool:
        return self._put(part, object_id, generation, empty_evidence())

    def _put(self, part: Part, object_id: str, generation: int, body: bytes) -> bool:
        stored = self.kept.get((part, object_id))
        if stored and stored[0] > generation:
            return False
        self.kept[part, object_id] = (generation, body)
        return True

    def files(self, period: Hour | Part) -> list[EvidenceFile]:
        return [
            EvidenceFile(*key, size=len(self.kept[key][1]))
            for key in sorted(self.kept)
            if key[0].startswith(period)
        ]

    def read(self, file: EvidenceFile) -> Iterator[Evidence]:
        yield from evidence_in(BytesIO(self.body(file)))

    def read_all(
        self, files: Sequence[EvidenceFile]
    ) -> Iterator[tuple[EvidenceFile, Iterable[Evidence]]]:
        for file in files:
            yield file, self.read(file)

    def body(self, file: EvidenceFile) -> bytes:
        return self.kept[file.part, file.object_id][1]

    def bodies(self, files: Sequence[EvidenceFile]) -> Iterator[tuple[EvidenceFile, BinaryIO]]:
        for file in files:
            yield file, BytesIO(self.body(file))

    def hours(self) -> Iterator[Hour]:
        yield from sorted({hour_of_part(part) for part, _ in self.kept})


class MemoryQuarantineStore:
    """`QuarantineStore`: rejects by log object and content."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Rejected] = {}
        self.generations: dict[tuple[str, str], int] = {}

    def put(
        self, log_object: LogObject, digest: str, generation: int, rejects: Sequence[Reject]
    ) -> bool:
        key = (log_object.object_id, digest)
        if self.generations.get(key, 0) > generation:
            return False
        self.generations[key] = generation
        self.kept[key] = Rejected(log_object, tuple(rejects))
        return True

    def files(self, day: str = "") -> Iterator[Rejected]:
        for key in sorted(self.kept):
            if (self.kept[key].log_object.delivered or "undated").startswith(day):
                yield self.kept[key]


class MemoryClosingStore:
    """`ClosingStore`: closings by hour and epoch, and the corrections between them.

    What is `retired` stays until `expire_retired` does what the lifecycle rule of a bucket does.
    """

    def __init__(self) -> None:
        self.closings: dict[tuple[Hour, int], Closing] = {}
        self.retired: set[tuple[Hour, int]] = set()
        self.differences: dict[tuple[Hour, int], tuple[int, tuple[Correction, ...]]] = {}

    def put(self, closing: Closing) -> None:
        self.closings.setdefault((closing.hour, closing.epoch), closing)

    def newest(self, hour: Hour) -> Closing | None:
        epochs = self._epochs(hour)
        return self.closings[hour, max(epochs)] if epochs else None

    def read(self, hour: Hour, epoch: int) -> Closing | None:
        return self.closings.get((hour, epoch))

    def retire(self, hour: Hour, before: int) -> None:
        self.retired |= {(hour, epoch) for epoch in self._epochs(hour) if epoch < before}

    def expire_retired(self) -> None:
        """Delete what was retired, as time does."""
        for key in self.retired:
            del self.closings[key]
        self.retired.clear()

    def _epochs(self, hour: Hour) -> list[int]:
        return [epoch for closed, epoch in self.closings if closed == hour]

    def put_corrections(
        self, hour: Hour, old_epoch: int, new_epoch: int, corrections: Sequence[Correction]
    ) -> None:
        self.differences.setdefault((hour, new_epoch), (old_epoch, tuple(corrections)))

    def corrections(self, hour: Hour, published: int) -> list[Correction]:
        chain: list[Correction] = []
        epoch = published
        while (hour, epoch) in self.differences:
            epoch, corrections = self.differences[hour, epoch]
            chain = [*corrections, *chain]
        return chain


class MemoryRollupStore:
    """`RollupStore`: the rows of each hour with the epoch that wrote them."""

    def __init__(self) -> None:
        self.hours: dict[Hour, tuple[int, tuple[ClosedCall, ...]]] = {}

    def put(self, hour: Hour, epoch: int, calls: Iterable[ClosedCall]) -> bool:
        if hour in self.hours and self.hours[hour][0] > epoch:
            return False
        self.hours[hour] = (epoch, tuple(calls))
        return True

    def calls_by_model(self, hour: Hour, account: str, region: str) -> Mapping[str, int]:
        _, calls = self.hours.get(hour, (0, ()))
        return Counter(
            call.evidence.model_id
            for call in calls
            if (call.evidence.account, call.evidence.region) == (account, region)
            and call.evidence.error_code != THROTTLED
        )
