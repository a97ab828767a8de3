"""What workers find in log objects: the shipped reading, and a newer one that sees other things."""

import gzip
import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import lru_cache
from io import BytesIO
from typing import Any, BinaryIO

import msgspec

from bedrock_meter.domain.policy.policy import Policy
from bedrock_meter.domain.pricing.price_book import PriceBook
from bedrock_meter.domain.records.log_object import LogObject
from bedrock_meter.domain.records.quarantine import Reject
from bedrock_meter.domain.time.hours import Part, hour_of
from bedrock_meter.domain.totals.partial import Partial
from bedrock_meter.domain.totals.valuation import Valuation, no_facts
from bedrock_meter.jobs.resolve_profiles import LiveProfiles
from bedrock_meter.jobs.value_calls import books_for, policy_for
from bedrock_meter.logs.callers import Callers
from bedrock_meter.logs.reading import reading_of
from simulate.catalogue import price_book
from simulate.content import packed

PROFILE = b":application-inference-profile/"

type ReadObject = Callable[[BinaryIO, LogObject, datetime], AbstractContextManager["ObjectReading"]]


class ObjectReading:
    """What one reading of a log object found; an `ingest.ReadLog`."""

    def __init__(
        self, body: bytes, log_object: LogObject, version: int, valuation: Valuation
    ) -> None:
        seen = body if version == 1 else _read_anew(body)
        callers = Callers(valuation.policy)
        with reading_of(BytesIO(seen), log_object, valuation, callers) as reading:
            self._files = {part: file.read() for part, file in reading.evidence().items()}
            self._partials = list(reading.partials())
            self.records = reading.records
            self.rejects: list[Reject] = list(reading.rejects)
        self.digest = hashlib.sha256(body).hexdigest()

    def evidence(self) -> dict[Part, BinaryIO]:
        return {part: BytesIO(body) for part, body in self._files.items()}

    def partials(self) -> list[Partial]:
        return self._partials


def reader_of(version: int, ports: Mapping[str, Any], seen: Callable[[bytes], None]) -> ReadObject:
    """Return the `read` of an ingest worker of a meter version; `seen` gets the bytes read."""

    @contextmanager
    def read(body: BinaryIO, log_object: LogObject, now: datetime) -> Iterator[ObjectReading]:
        hour, decisions = hour_of(now), ports["decisions"]
        book, own = books_for(hour, decisions, price_book)
        policy = policy_for(hour, decisions, ports["policies"])
        whole = body.read()
        seen(whole)
        if PROFILE in gzip.decompress(whole):
            known = LiveProfiles(ports["bedrock"], ports["facts"]).at(now)
            valuation = Valuation(policy, book, known.fact_for, own, known.learn)
            yield ObjectReading(whole, log_object, version, valuation)
        else:
            yield _found(whole, log_object, version, policy, book, tuple(sorted(own.items())))

    return read


@lru_cache(maxsize=512)
def _found(
    body: bytes,
    log_object: LogObject,
    version: int,
    policy: Policy,
    book: PriceBook,
    own: tuple[tuple[str, PriceBook], ...],
) -> ObjectReading:
    return ObjectReading(body, log_object, version, Valuation(policy, book, no_facts, dict(own)))


def _read_anew(body: bytes) -> bytes:
    """Return the lines as a newer reading sees them."""
    return packed([_line_anew(line) for line in gzip.decompress(body).splitlines()])


def _line_anew(line: bytes) -> bytes:
    try:
        record = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return line
    return msgspec.json.encode({**record, **record.get("x2", {})})
