"""What Bedrock logs in a history: records with all the oddities that metering has to handle.

A record may carry `x2`, what a newer reading of the same line finds: another time, another tenant,
other counts, or a record where the older reading found none. Every record uses a power of two of
input tokens, so that a sum shows which records are in it.
"""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

ACCOUNT, REGION = "111122223333", "us-east-1"
CHEAP = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
DEAR = "global.anthropic.claude-sonnet-4-5-20250929-v1:0"
UNKNOWN = "nobody.knows-this-v1:0"
TENANTS = ("acme", "globex", "initech", None)
_MODELS = (CHEAP, CHEAP, CHEAP, DEAR, UNKNOWN)
PROFILES = tuple(
    f"arn:aws:bedrock:{REGION}:{ACCOUNT}:application-inference-profile/{letter * 12}"
    for letter in "abc"
)
_EDGE_MINUTES = (0, 3, 14, 45, 52, 59)

type Record = dict[str, Any]


@dataclass
class LogDelivery:
    """One log object: its key, its bytes, when its name says it came, and when it comes."""

    key: str
    body: bytes
    stamp: datetime
    arrives: datetime


@dataclass
class Author:
    """Writes the records of a history.

    `hours` are those in which its calls happen. The others are probabilities: that a newer reading
    finds something else, that a record logs an earlier request again, that it names a department
    or a customer,
    that it is at the end of an hour and its duplicate in the next one, that its call names an
    inference profile.
    """

    random: Random
    hours: list[datetime]
    moves: float = 0.0
    duplicates: float = 0.25
    departments: float = 0.3
    at_the_edge: float = 0.0
    profiled: float = 0.0
    _count: int = 0
    _written: list[Record] = field(default_factory=list)

    def deliveries(
        self, number: int, minutes: tuple[int, ...] = (0, 0, 1, 3, 10, 70, 130, 200)
    ) -> Iterator[LogDelivery]:
        """Write log objects that come so many minutes after their stamp."""
        for index in range(number):
            hour = self.random.choice(self.hours)
            stamp = hour + timedelta(minutes=self.random.choice((1, 16, 31, 58)), seconds=index)
            lines = [self._line(stamp) for _ in range(self.random.choice((0, 1, 2, 2, 3, 4)))]
            arrives = stamp + timedelta(minutes=self.random.choice(minutes))
            yield LogDelivery(key_of(stamp, index), packed(lines), stamp, arrives)

    def _line(self, stamp: datetime) -> bytes:
        drawn = self.random.random()
        if drawn < 0.05:
            return b"{this is no JSON"
        if drawn < 0.05 + self.duplicates and self._written:
            record = self._duplicate(self.random.choice(self._written), stamp)
        else:
            record = self._record(stamp)
        self._written.append(record)
        return json.dumps(record).encode()

    def _record(self, stamp: datetime) -> Record:
        random, number = self.random, self._count
        self._count += 1
        models = PROFILES if random.random() < self.profiled else _MODELS
        record = plain_record(number, self._time(stamp), random.choice(models))
        if metadata := self._metadata():
            record["requestMetadata"] = metadata
        if random.random() < 0.15:
            record["output"]["outputBodyJson"] = {"metrics": {"latencyMs": 100 + number}}
        if random.random() < 0.08:
            record["errorCode"] = "ThrottlingException"
        if random.random() < 0.05:
            record["input"]["inputTokenCount"] = "many"
        if random.random() < 0.04:
            record["timestamp"] = text_of(stamp + timedelta(hours=7))
        if random.random() < self.moves:
            record["x2"] = self._read_anew(record, stamp)
        return record

    def _metadata(self) -> Mapping[str, str]:
        tenant = self.random.choice(TENANTS)
        metadata = {"tenantId": tenant} if tenant else {}
        if self.random.random() < self.departments:
            metadata["department"] = self.random.choice(("sales", "acme"))
        if self.random.random() < self.departments:
            metadata["customer"] = self.random.choice(("globex", "umbrella"))
        return metadata

    def _read_anew(self, record: Record, stamp: datetime) -> Record:
        """Let a newer reading find another hour, another tenant, or other counts."""
        drawn = self.random.random()
        if drawn < 0.2:
            return {"timestamp": text_of(self._time(stamp))}
        if drawn < 0.4:  # away from the edge of its hour
            return {"timestamp": f"{record['timestamp'][:13]}:30:00Z"}
        if drawn < 0.7:
            return {"requestMetadata": {"tenantId": self.random.choice(TENANTS[:-1])}}
        counts = dict(record["input"])
        counts["inputTokenCount"] = (1 << self._count) + 1
        self._count += 1
        return {"input": counts}

    def _duplicate(self, record: Record, stamp: datetime) -> Record:
        """Log a request once more: the same again, without counts, or larger, and perhaps later."""
        random = self.random
        duplicate = json.loads(json.dumps(record))
        kind = random.choice(("same", "zero", "larger", "tie", "later", "later"))
        kind = "later" if random.random() < self.at_the_edge else kind
        if kind == "zero":
            duplicate["input"]["inputTokenCount"] = 0
        if kind in ("larger", "later") and random.random() < 0.7:
            duplicate["input"]["inputTokenCount"] = 1 << self._count
            self._count += 1
        if kind in ("larger", "tie", "zero") and random.random() < 0.7:
            duplicate.pop("requestMetadata", None)
            if metadata := self._metadata():
                duplicate["requestMetadata"] = metadata
        if "x2" in duplicate and random.random() < 0.5:
            duplicate["x2"] = self._read_anew(duplicate, stamp)
        if kind == "later":
            minutes = random.choice((4, 9, 25))
            at = datetime.fromisoformat(duplicate["timestamp"]) + timedelta(minutes=minutes)
            duplicate["timestamp"] = text_of(at)
        return duplicate

    def _time(self, stamp: datetime) -> datetime:
        hour = self.random.choice([hour for hour in self.hours if hour <= stamp][-3:])
        minute = self.random.choice(_EDGE_MINUTES) if self.random.random() < 0.6 else 30
        minute = self.random.choice((52, 59)) if self.random.random() < self.at_the_edge else minute
        return hour + timedelta(minutes=minute, seconds=self.random.choice((0, 7)))


def plain_record(number: int, at: datetime, model: str = CHEAP) -> Record:
    """Return the record of request `number`, which has two to that power of input tokens.

    Every fourth was not made by the application that serves all tenants.
    """
    role = "guest" if number % 4 == 3 else "app"
    return {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "timestamp": text_of(at),
        "accountId": ACCOUNT,
        "region": REGION,
        "requestId": f"r{number}",
        "operation": "Converse",
        "modelId": model,
        "identity": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session"},
        "input": {"inputContentType": "application/json", "inputTokenCount": 1 << number},
        "output": {"outputContentType": "application/json", "outputTokenCount": 0},
    }


def delivery_of(stamp: datetime, number: int, records: list[Record]) -> LogDelivery:
    """Return a log object with these records, delivered when its name says."""
    lines = [json.dumps(record).encode() for record in records]
    return LogDelivery(key_of(stamp, number), packed(lines), stamp, stamp)


def other_body(delivery: LogDelivery, minute: int) -> bytes:
    """Return other bytes for a log object: one call of its hour."""
    record = plain_record(30, delivery.stamp.replace(minute=minute))
    record["requestMetadata"] = {"tenantId": "initech"}
    return packed([json.dumps(record).encode()])


def key_of(stamp: datetime, number: int) -> str:
    """Return the key of a log object as Bedrock names it; names do not sort by arrival."""
    folder = f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{REGION}/{stamp:%Y/%m/%d/%H}"
    return f"{folder}/{stamp:%Y%m%dT%H%M%S}000Z_{(number * 7 + 3) % 10:016x}.json.gz"


def packed(lines: list[bytes]) -> bytes:
    """Return the bytes of a log object."""
    return gzip.compress(b"".join(line + b"\n" for line in lines), 1, mtime=0)


def text_of(at: datetime) -> str:
    """Write a time as Bedrock does."""
    return f"{at:%Y-%m-%dT%H:%M:%S}Z"
