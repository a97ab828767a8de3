"""The stores of the data bucket in memory."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import BinaryIO

from bedrock_meter.domain.completeness import THROTTLED
from bedrock_meter.domain.correction import Correction
from bedrock_meter.domain.evidence import Evidence
from bedrock_meter.domain.hours import Hour
from bedrock_meter.domain.log_object import LogObject
from bedrock_meter.domain.quarantine import Reject, Rejected
from bedrock_meter.domain.rollup import ClosedCall
from bedrock_meter.logs.spool import empty_evidence, evidence_in
from bedrock_meter.ports import Closing


class MemoryEvidenceStore:
    """`EvidenceStore`: the bytes of evidence files with the version that wrote them."""

    def __init__(self) -> None:
        self.files: dict[tuple[Hour, str], tuple[int, bytes]] = {}

    def put(self, hour: Hour, object_id: str, version: int, body: BinaryIO) -> bool:
        body.seek(0)
        return self._put(hour, object_id, version, body.read())

    def put_empty(self, hour: Hour, object_id: str, version: int) -> bool:
        return self._put(hour, object_id, version, empty_evidence())

    def _put(self, hour: Hour, object_id: str, version: int, body: bytes) -> bool:
        standing = self.files.get((hour, object_id))
        if standing and standing[0] > version:
            return False
        self.files[hour, object_id] = (version, body)
        return True

    def object_ids(self, hour: Hour) -> list[str]:
        return sorted(object_id for touched, object_id in self.files if touched == hour)

    def read(self, hour: Hour, object_id: str) -> Iterator[Evidence]:
        yield from evidence_in(BytesIO(self.files[hour, object_id][1]))

    def hours(self) -> Iterator[Hour]:
        yield from sorted({hour for hour, _ in self.files})


class MemoryQuarantineStore:
    """`QuarantineStore`: rejects by log object and content."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Rejected] = {}
        self.versions: dict[tuple[str, str], int] = {}

    def put(
        self, log_object: LogObject, digest: str, version: int, rejects: Sequence[Reject]
    ) -> bool:
        key = (log_object.object_id, digest)
        if self.versions.get(key, 0) > version:
            return False
        self.versions[key] = version
        self.kept[key] = Rejected(log_object, tuple(rejects))
        return True

    def files(self, day: str = "") -> Iterator[Rejected]:
        for key in sorted(self.kept):
            if (self.kept[key].log_object.delivered or "undated").startswith(day):
                yield self.kept[key]


class MemoryClosingStore:
    """`ClosingStore`: closings by hour and epoch, and the corrections between them."""

    def __init__(self) -> None:
        self.closings: dict[tuple[Hour, int], Closing] = {}
        self.differences: dict[tuple[Hour, int], tuple[int, tuple[Correction, ...]]] = {}

    def put(self, closing: Closing) -> None:
        self.closings.setdefault((closing.hour, closing.epoch), closing)

    def epochs(self, hour: Hour) -> list[int]:
        return sorted(epoch for closed, epoch in self.closings if closed == hour)

    def read(self, hour: Hour, epoch: int) -> Closing:
        return self.closings[hour, epoch]

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
