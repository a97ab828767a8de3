"""Evidence in the data bucket: `evidence/<hour>/<shard>/<MM>/<object id>`, gzip'd lines.

`MM` is the minute at which the part of the hour begins: 00, 15 or 45. The first line of a file
names the columns, every other line is one invocation (`logs/spool.py` writes them). The metadata
carries the generation.
"""

import io
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import Any, BinaryIO

from bedrock_meter.aws.s3_objects import folders_under, gzip_stamp, put_if_newer, sizes_under
from bedrock_meter.aws.shard import SHARD
from bedrock_meter.domain.records.errors import BrokenEvidence, UnknownSchema
from bedrock_meter.domain.records.evidence import Evidence
from bedrock_meter.domain.time.hours import Hour, Part
from bedrock_meter.logs.spool import empty_evidence, evidence_in
from bedrock_meter.ports import EvidenceFile

ROOT = "evidence/"
FILES_AHEAD = 16
"""Files fetched side by side, or waiting to be read, at most."""
BYTES_AHEAD = 32 << 20
"""Bytes of files in memory at most; a larger file is read from S3 as it is asked for."""

type Open = Callable[[], Any]


class S3EvidenceStore:
    """`EvidenceStore` on S3."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, part: Part, object_id: str, generation: int, body: BinaryIO) -> bool:
        key = _prefix(part) + object_id
        body.seek(0, io.SEEK_END)
        body.write(gzip_stamp(generation))
        return put_if_newer(self._s3, self._bucket, key, body, generation)

    def put_empty(self, part: Part, object_id: str, generation: int) -> bool:
        return self.put(part, object_id, generation, io.BytesIO(empty_evidence()))

    def files(self, period: Hour | Part) -> list[EvidenceFile]:
        found = sizes_under(self._s3, self._bucket, _prefix(period))
        return [_file(key, size) for key, size in found]

    def read(self, file: EvidenceFile) -> Iterator[Evidence]:
        yield from _evidence(file, partial(self._get, file))

    def read_all(
        self, files: Sequence[EvidenceFile]
    ) -> Iterator[tuple[EvidenceFile, Iterable[Evidence]]]:
        for file, opened in self._in_order(files):
            is_fetched = file.size <= BYTES_AHEAD
            yield file, _evidence(file, partial(_same, opened()) if is_fetched else opened)

    def body(self, file: EvidenceFile) -> bytes:
        with self._get(file) as body:
            fetched: bytes = body.read()
            return fetched

    def bodies(self, files: Sequence[EvidenceFile]) -> Iterator[tuple[EvidenceFile, BinaryIO]]:
        for file, opened in self._in_order(files):
            with opened() as body:
                yield file, body

    def _in_order(self, files: Sequence[EvidenceFile]) -> Iterator[tuple[EvidenceFile, Open]]:
        ahead: deque[tuple[EvidenceFile, Open]] = deque()
        rest = deque(files)
        readers = ThreadPoolExecutor(FILES_AHEAD)
        try:
            while rest or ahead:
                while rest and _has_room(ahead, rest[0]):
                    file = rest.popleft()
                    ahead.append((file, self._begun(file, readers)))
                yield ahead[0]
                # Only now: what is being read takes up room like what is being fetched.
                ahead.popleft()
        finally:
            readers.shutdown(cancel_futures=True)

    def hours(self) -> Iterator[Hour]:
        folders = folders_under(self._s3, self._bucket, ROOT)
        yield from (Hour(folder) for folder, _ in groupby(folders))

    def _begun(self, file: EvidenceFile, readers: ThreadPoolExecutor) -> Open:
        if file.size > BYTES_AHEAD:
            return partial(self._get, file)
        fetching: Future[bytes] = readers.submit(self.body, file)
        return lambda: io.BytesIO(fetching.result())

    def _get(self, file: EvidenceFile) -> Any:
        key = _prefix(file.part) + file.object_id
        return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"]


def _same(body: BinaryIO) -> BinaryIO:
    return body


def _has_room(ahead: Iterable[tuple[EvidenceFile, Open]], file: EvidenceFile) -> bool:
    sizes = [one.size for one, _ in ahead]
    return not sizes or (len(sizes) < FILES_AHEAD and sum(sizes) + file.size <= BYTES_AHEAD)


def _evidence(file: EvidenceFile, opened: Open) -> Iterator[Evidence]:
    try:
        with opened() as body:
            yield from evidence_in(body)
    except (BrokenEvidence, UnknownSchema) as problem:
        raise type(problem)(f"{_prefix(file.part)}{file.object_id}: {problem}") from problem


def _prefix(period: Hour | Part) -> str:
    """Return what the keys of an hour, or of one part of it, begin with."""
    hour, _, minute = period.partition(":")
    return f"{ROOT}{hour}/{SHARD}/" + (f"{minute}/" if minute else "")


def _file(key: str, size: int) -> EvidenceFile:
    hour, _, minute, object_id = key.removeprefix(ROOT).split("/", 3)
    return EvidenceFile(Part(f"{hour}:{minute}"), object_id, size)
